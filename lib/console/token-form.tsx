/**
 * The form to create or change a token, and what it may do.
 *
 * @module
 */
import { examples } from "./examples.ts"
import { Field } from "./field.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { useState } from "preact/hooks"
import { ApiError } from "./api.ts"
import { DiffView } from "./diff.tsx"
import { Problem } from "./parts.tsx"
import type { Token } from "./tokens.tsx"
import { getVersioned, problemsByField, type Versioned, write } from "./write.ts"

interface Typed {
  readonly name: string
  readonly models: string
  readonly expires: string
  readonly metadata: string
  readonly spend_limits: string
  readonly rate_limits: string
}

const jsonText = (value: unknown): string => value == null ? "" : JSON.stringify(value, null, 2)

/** A moment in the form of its control, in local time. */
const localTime = (iso: string | null): string => {
  if (iso === null) return ""
  const date = new Date(iso)
  return new Date(date.getTime() - 60_000 * date.getTimezoneOffset()).toISOString().slice(0, 16)
}

const typedOf = (token: Token | undefined): Typed => ({
  name: token?.name ?? "",
  models: token?.models?.join("\n") ?? "",
  expires: localTime(token?.expires ?? null),
  metadata: jsonText(token?.metadata),
  spend_limits: jsonText(token?.spend_limits),
  rate_limits: jsonText(token?.rate_limits),
})

/** The request body for a change: what differs from before, with `null` for what is removed. */
const bodyOf = (typed: Typed, before: Typed): Readonly<Record<string, unknown>> => {
  const body: Record<string, unknown> = {}
  for (const name of Object.keys(typed) as ReadonlyArray<keyof Typed>) {
    const text = typed[name].trim()
    if (text === before[name].trim()) continue
    if (text === "") body[name] = null
    else if (name === "name") body[name] = text
    else if (name === "models") {
      body[name] = text.split(/[\n,]/).map((model) => model.trim()).filter((one) => one !== "")
    } else if (name === "expires") body[name] = new Date(text).toISOString()
    else body[name] = JSON.parse(text) as unknown
  }
  return body
}

/** The fields that are typed as JSON. */
const jsonNames = ["metadata", "spend_limits", "rate_limits"] as const

/** The form; `onDone` receives the value of a new token. */
export const TokenForm = ({ path, token, onClose, onDone }: {
  readonly path: string
  readonly token: Token | undefined
  readonly onClose: () => void
  readonly onDone: (name: string, value: string | undefined) => void
}) => {
  const [before, setBefore] = useState(() => ({ token, tag: "" }))
  const [typed, setTyped] = useState(() => typedOf(token))
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map())
  const [newer, setNewer] = useState<Versioned<Token> | undefined>(undefined)
  const set = (change: Partial<Typed>): void => {
    setTyped({ ...typed, ...change })
    setProblems(new Map())
  }
  const save = async (): Promise<void> => {
    const found = new Map<string, string>()
    for (const name of jsonNames) {
      try {
        if (typed[name].trim() !== "") JSON.parse(typed[name])
      } catch (cause) {
        found.set(name, `not JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
      }
    }
    setProblems(found)
    if (found.size > 0) return
    try {
      const body = bodyOf(typed, typedOf(before.token))
      if (token === undefined) {
        const made = await write<Token & { readonly token: string }>("POST", `${path}/tokens`, {
          name: typed.name.trim(),
          ...body,
        })
        return onDone(made.value.name, made.value.token)
      }
      const tag = before.tag !== "" ? before.tag : await currentTag()
      if (tag === undefined) return
      await write("PATCH", `${path}/tokens/${token.id}`, body, tag)
      onDone(typed.name, undefined)
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      if (cause.status === 409 && cause.result != null && token !== undefined) {
        return setNewer(await getVersioned<Token>(`${path}/tokens/${token.id}`))
      }
      if (cause.status !== 400) throw cause
      setProblems(problemsByField(cause.message, (name) => Object.hasOwn(typed, name)))
    }
  }
  /** Lists have no versions, so the current token is compared with the one that the form started from. */
  const currentTag = async (): Promise<string | undefined> => {
    const now = await getVersioned<Token>(`${path}/tokens/${token?.id}`)
    if (JSON.stringify(typedOf(now.value)) === JSON.stringify(typedOf(before.token))) return now.tag
    setNewer(now)
    return undefined
  }
  const area = (
    name: "models" | typeof jsonNames[number],
    label: string,
    help: string,
    begins: Readonly<Record<string, unknown>> = {},
  ) => (
    <Field label={label} help={help} problem={problems.get(name)}>
      {(aria) => (
        <>
          <textarea
            {...aria}
            class="code"
            rows={Math.max(2, Math.min(12, typed[name].split("\n").length))}
            spellcheck={false}
            value={typed[name]}
            onInput={({ currentTarget }) => set({ [name]: currentTarget.value })}
          />
          <span class="row">
            {Object.entries(begins).map(([text, value]) => (
              <button
                key={text}
                type="button"
                class="quiet"
                onClick={() => set({ [name]: jsonText(value) })}
              >
                {text}
              </button>
            ))}
          </span>
        </>
      )}
    </Field>
  )
  const general = problems.get("")
  return (
    <FormDialog
      title={token === undefined ? "New token" : `Edit ${token.name}`}
      action={token === undefined ? "Make the token" : "Save"}
      isReady={newer === undefined}
      onSend={save}
      onClose={onClose}
    >
      <Field
        label="Name"
        help="Whose it is. It stands in the log, the figures and the traces."
        problem={problems.get("name")}
      >
        {(aria) => (
          <input
            {...aria}
            value={typed.name}
            required
            autofocus={token === undefined}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => set({ name: currentTarget.value })}
          />
        )}
      </Field>
      {area("models", "Models", "One in a line, * for any text; empty for all of them.")}
      <Field
        label="Expires"
        help="From then on it opens nothing; empty for never."
        problem={problems.get("expires")}
      >
        {(aria) => (
          <input
            {...aria}
            type="datetime-local"
            value={typed.expires}
            onInput={({ currentTarget }) => set({ expires: currentTarget.value })}
          />
        )}
      </Field>
      {area(
        "spend_limits",
        "Budgets (JSON)",
        "In USD, in the form of spend_limits; empty for the gateway's alone.",
        examples["spend_limits"],
      )}
      {area(
        "rate_limits",
        "Rate limits (JSON)",
        "In the form of rate_limits; empty for the gateway's alone.",
        examples["rate_limits"],
      )}
      {area(
        "metadata",
        "Metadata (JSON)",
        'Put on each of its calls, in place of what the caller says: {"team": "search"}.',
      )}
      {general !== undefined && <Problem error={general} />}
      {newer !== undefined && (
        <div class="problem" role="alert">
          <p>
            Somebody else has changed this token meanwhile. Nothing of yours was saved. The other change was:
          </p>
          <DiffView before={before.token} after={newer.value} label="What the other changed" />
          <button
            type="button"
            onClick={() => {
              const theirs = typedOf(newer.value)
              const [old, mine] = [typedOf(before.token), typed]
              // Fields that were not changed here take the newer value.
              setTyped(Object.fromEntries(
                (Object.keys(mine) as ReadonlyArray<keyof Typed>)
                  .map((name) => [name, mine[name] === old[name] ? theirs[name] : mine[name]]),
              ) as unknown as Typed)
              setBefore({ token: newer.value, tag: newer.tag })
              setNewer(undefined)
            }}
          >
            Go on from the newer version
          </button>
        </div>
      )}
    </FormDialog>
  )
}
