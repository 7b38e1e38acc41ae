/**
 * A form in a window.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { Dialog, useDoing } from "./dialog.tsx"
import { FormButtons } from "./list-parts.tsx"
import { Problem } from "./parts.tsx"

/** The form: sends what was typed, and shows why that was refused. */
export const FormDialog = ({ title, action, isReady = true, onSend, onClose, children }: {
  readonly title: string
  /** What the button says. */
  readonly action: string
  /** Whether what was typed can be sent. */
  readonly isReady?: boolean
  readonly onSend: () => Promise<void>
  readonly onClose: () => void
  readonly children: ComponentChildren
}) => {
  const doing = useDoing()
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          doing.run(onSend)
        }}
      >
        {children}
        {doing.problem !== undefined && <Problem error={doing.problem} />}
        <FormButtons action={action} isBusy={doing.isBusy || !isReady} onClose={onClose} />
      </form>
    </Dialog>
  )
}

/** A name of up to 100 characters. */
export const NameField = ({ name, onName }: {
  readonly name: string
  readonly onName: (name: string) => void
}) => (
  <label>
    <span>Name</span>
    <input
      value={name}
      required
      autofocus
      autocomplete="off"
      maxLength={100}
      onInput={({ currentTarget }) => onName(currentTarget.value)}
    />
  </label>
)
