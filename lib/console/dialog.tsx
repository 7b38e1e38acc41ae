/**
 * Modal dialogs.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks"

/** A dialog with a heading. Escape closes it, and the focus returns to where it was. */
export const Dialog = (
  { title, onClose, children }: {
    readonly title: string
    readonly onClose: () => void
    readonly children: ComponentChildren
  },
) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const opener = document.activeElement
    dialog.current?.showModal()
    return () => {
      dialog.current?.close()
      // Restored by hand, since the dialog element is already removed and does not do it.
      if (opener instanceof HTMLElement) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class="window"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

/** Runs an action that may fail; its button is to be disabled while it runs. */
export const useDoing = (): {
  readonly isBusy: boolean
  readonly problem: unknown
  readonly clear: () => void
  readonly run: (what: () => Promise<void>) => void
} => {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(undefined)
  return {
    isBusy,
    problem,
    clear: () => setProblem(undefined),
    run: (what) => {
      setBusy(true)
      setProblem(undefined)
      what().then(() => setBusy(false), (cause: unknown) => {
        setBusy(false)
        setProblem(cause)
      })
    },
  }
}

/** Explains why nothing can be changed here. */
export const ReadOnly = ({ why }: { readonly why: ComponentChildren }) => <p class="note readonly">{why}</p>
