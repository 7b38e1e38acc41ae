/**
 * Forms in dialogs.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useState } from "preact/hooks"
import { Dialog, useDoing } from "./dialog.tsx"
import { FormButtons } from "./list-parts.tsx"
import { Problem } from "./parts.tsx"

/** A form in a dialog, which sends what was typed, and shows why that was refused. */
export const FormDialog = (
  { title, action, isReady = true, isDangerous = false, onSend, onClose, children }: {
    readonly title: string
    /** What the button says. */
    readonly action: string
    /** Whether the form can be sent. */
    readonly isReady?: boolean
    /** Whether the action cannot be undone. */
    readonly isDangerous?: boolean
    readonly onSend: () => Promise<void>
    readonly onClose: () => void
    readonly children: ComponentChildren
  },
) => {
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
        <FormButtons
          action={action}
          isBusy={doing.isBusy || !isReady}
          isDangerous={isDangerous}
          onClose={onClose}
        />
      </form>
    </Dialog>
  )
}

/** A field for a name of up to 100 characters. */
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

/** Asks for confirmation of something that cannot be undone; with `name`, that has to be typed. */
export const Confirm = ({ title, children, action, name, onDo, onDone, onClose }: {
  readonly title: string
  readonly children: ComponentChildren
  /** What the button says. */
  readonly action: string
  readonly name?: string
  readonly onDo: () => Promise<unknown>
  readonly onDone?: () => void
  readonly onClose: () => void
}) => {
  const [typed, setTyped] = useState("")
  return (
    <FormDialog
      title={title}
      action={action}
      isReady={name === undefined || typed.trim() === name}
      isDangerous
      onSend={async () => {
        await onDo()
        onClose()
        onDone?.()
      }}
      onClose={onClose}
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
    </FormDialog>
  )
}
