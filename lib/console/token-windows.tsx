/**
 * The dialogs for a token's value: showing it once, and rotating it.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { Dialog } from "./dialog.tsx"
import { visible } from "./format.ts"
import { FormDialog } from "./form-dialog.tsx"
import { Copy, Time } from "./parts.tsx"
import type { Token } from "./tokens.tsx"
import { write } from "./write.ts"

/** Shows a token's value for the only time: it is not on the page once the dialog is closed. */
export const Made = ({ name, value, until, onClose }: {
  readonly name: string
  readonly value: string
  readonly until: string | undefined
  readonly onClose: () => void
}) => (
  <Dialog title={`The token ${visible(name)}`} onClose={onClose}>
    <p>Copy it now: it is shown this once, and kept nowhere but as its digest.</p>
    <div class="row secret">
      <code>{value}</code>
      <Copy text={value} label="Copy the token" />
    </div>
    {until !== undefined && (
      <p class="note">
        The value of before is valid until <Time at={until} />.
      </p>
    )}
    <p class="note">
      Clients send it as <code>cf-aig-authorization: Bearer …</code>, or as their API key.
    </p>
    <div class="row actions">
      <button type="button" class="primary" onClick={onClose}>I have it</button>
    </div>
  </Dialog>
)

/** How long the previous value may stay valid, in seconds. */
const overlaps = [["0", "ends at once"], ["3600", "is valid for an hour"], ["86400", "is valid for a day"], [
  "604800",
  "is valid for a week",
]] as const

/** Gives a token a new value, and asks how long the previous one stays valid. */
export const Rotate = ({ path, token, onClose, onMade }: {
  readonly path: string
  readonly token: Token
  readonly onClose: () => void
  readonly onMade: (value: string, until: string | undefined) => void
}) => {
  const [overlap, setOverlap] = useState("86400")
  return (
    <FormDialog
      title={`Rotate ${visible(token.name)}`}
      action="Rotate"
      onSend={async () => {
        const { value } = await write<Token & { readonly token: string }>(
          "POST",
          `${path}/tokens/${token.id}/rotate`,
          { overlap: Number(overlap) },
        )
        onMade(value.token, value.rotating[0]?.until ?? undefined)
      }}
      onClose={onClose}
    >
      <p>It gets a new value; its name, limits and history stay.</p>
      <label>
        <span>The value of before</span>
        <select value={overlap} onChange={({ currentTarget }) => setOverlap(currentTarget.value)}>
          {overlaps.map(([seconds, text]) => <option key={seconds} value={seconds}>{text}</option>)}
        </select>
      </label>
    </FormDialog>
  )
}
