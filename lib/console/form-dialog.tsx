/**
 * A form in a window.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useState } from "preact/hooks"
import { Dialog, useDoing } from "./dialog.tsx"
import { FormButtons } from "./list-parts.tsx"
import { Problem } from "./parts.tsx"

/** The form: sends what was typed, and shows why that was refused. */
export const FormDialog = (
  { title, action, isReady = true, isDangerous = false, onSend, onClose, children }: {
    readonly title: string
    /** What the button says. */
    readonly action: string
    /** Whether what was typed can be sent. */
    readonly isReady?: boolean
    /** Whether what it does cannot be undone. */
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

/** Asks before something is done that cannot be undone; with `name`, only after that was typed. */
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
