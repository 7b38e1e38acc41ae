/**
 * The form to add or replace a provider's key.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { accountPath, get } from "./api.ts"
import { FormDialog } from "./form-dialog.tsx"
import { useLoaded } from "./parts.tsx"
import type { ProviderKey } from "./provider-keys.tsx"
import { getVersioned, write } from "./write.ts"
import { useSession } from "./session.ts"

export const ProviderKeyForm = ({ account, path, known, onClose, onDone }: {
  readonly account: string
  readonly path: string
  /** The key that is replaced; `undefined` for a new one. */
  readonly known: ProviderKey | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}) => {
  const session = useSession()
  const [provider, setProvider] = useState(known?.provider_slug ?? "baseten")
  const [alias, setAlias] = useState(known?.alias ?? "default")
  const [isDefault, setDefault] = useState(known?.default_config ?? true)
  const [secret, setSecret] = useState("")
  const custom = useLoaded(
    `${account} slugs`,
    (signal) =>
      get<ReadonlyArray<{ readonly slug: string }>>(
        `${accountPath(account)}/custom-providers`,
        { per_page: 100 },
        signal,
      ),
  )
  const slugs = ["baseten", ...(custom.value ?? []).map(({ slug }) => `custom-${slug}`)]
  const canSeal = session?.canSeal === true
  const save = async (): Promise<void> => {
    const common = {
      alias: alias.trim(),
      default_config: isDefault,
      ...(secret !== "" && { secret: secret.trim() }),
    }
    if (known === undefined) {
      await write("POST", `${path}/provider_configs`, { ...common, provider_slug: provider })
    } else {
      const { tag } = await getVersioned(`${path}/provider_configs/${known.id}`)
      await write("PATCH", `${path}/provider_configs/${known.id}`, common, tag)
    }
    setSecret("")
    onDone()
  }
  return (
    <FormDialog
      title={known === undefined ? "New provider key" : `The key ${known.alias} of ${known.provider_slug}`}
      action={known === undefined ? "Add the key" : "Save"}
      onSend={save}
      onClose={onClose}
    >
      <label>
        <span>Provider</span>
        <select
          value={provider}
          disabled={known !== undefined}
          onChange={({ currentTarget }) => setProvider(currentTarget.value)}
        >
          {[...new Set([...slugs, provider])].map((slug) => <option key={slug}>{slug}</option>)}
        </select>
      </label>
      <label>
        <span>
          Alias, by which <code>cf-aig-byok-alias</code> chooses it
        </span>
        <input
          value={alias}
          required
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setAlias(currentTarget.value)}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isDefault}
          onChange={({ currentTarget }) => setDefault(currentTarget.checked)}
        />{" "}
        Used unless a call names another
      </label>
      <label>
        <span>{known === undefined ? "The key" : "The new key; empty leaves it as it is"}</span>
        <input
          {...(canSeal && !secret.startsWith("env:") ? { type: "password" } : { type: "text" })}
          value={secret}
          required={known === undefined}
          autocomplete="off"
          spellcheck={false}
          placeholder={canSeal ? "" : "env:NAME"}
          aria-describedby="secret-help"
          onInput={({ currentTarget }) => setSecret(currentTarget.value)}
        />
      </label>
      <p id="secret-help" class="note">
        {canSeal
          ? (
            <>
              It is sealed under <code>BASEGATE_SECRET_KEY</code> and never shown again. <code>env:NAME</code>
              {" "}
              takes it from the variable NAME instead.
            </>
          )
          : (
            <>
              This gateway has no <code>BASEGATE_SECRET_KEY</code>{" "}
              to seal keys with, so only a reference can be written: put the key into a variable of the
              gateway, and write <code>env:</code> and its name here.
            </>
          )}
      </p>
    </FormDialog>
  )
}
