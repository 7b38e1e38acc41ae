/**
 * Modal windows over the page.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks"

/** A window with a heading. Escape closes it, and the focus goes back to where it was. */
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
      // The dialog element is gone by then, and would not restore the focus.
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

/** Runs something that may be refused; while it runs its button is not to be pressed again. */
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

/** Says why there is nothing to change here. */
export const ReadOnly = ({ why }: { readonly why: ComponentChildren }) => <p class="note readonly">{why}</p>
