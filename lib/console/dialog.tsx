/**
 * Modal windows over the page.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks"
import { Problem } from "./parts.tsx"

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

/** Asks before something is done that cannot be undone; with `name`, only after that was typed. */
export const Confirm = (
  { title, children, action, name, onDo, onDone, onClose }: {
    readonly title: string
    readonly children: ComponentChildren
    /** What the button says. */
    readonly action: string
    readonly name?: string
    readonly onDo: () => Promise<unknown>
    readonly onDone?: () => void
    readonly onClose: () => void
  },
) => {
  const doing = useDoing()
  const [typed, setTyped] = useState("")
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          doing.run(async () => {
            await onDo()
            onClose()
            onDone?.()
          })
        }}
      >
        {children}
        {name !== undefined && (
          <label>
            <span>
              Type <b>{name}</b> to go on
            </span>
            <input
              value={typed}
              autocomplete="off"
              spellcheck={false}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
        )}
        {doing.problem !== undefined && <Problem error={doing.problem} />}
        <div class="row actions">
          <button type="button" onClick={onClose}>Cancel</button>
          <button
            type="submit"
            class="danger"
            disabled={doing.isBusy || (name !== undefined && typed.trim() !== name)}
          >
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Says why there is nothing to change here. */
export const ReadOnly = ({ why }: { readonly why: ComponentChildren }) => <p class="note readonly">{why}</p>
