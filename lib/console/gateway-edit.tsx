/**
 * Edits the settings of a gateway, as a form or as JSON, with a review before saving, and on top of what others have
 * saved meanwhile.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks"
import { ApiError, gatewayApiPath } from "./api.ts"
import { DiffView } from "./diff.tsx"
import { useDoing } from "./dialog.tsx"
import { type Draft, SettingFields } from "./gateway-fields.tsx"
import {
  changesBody,
  draftOf,
  editable,
  type GatewayState,
  loadGateway,
  ownSettings,
  readDraft,
  rebased,
  type SettingValues,
} from "./gateway-state.ts"
import { controlText } from "./gateway-schema.ts"
import { go, hereWith } from "./location.tsx"
import { Panel, Problem } from "./parts.tsx"
import { problemsByField, write } from "./write.ts"

/** Unsaved drafts by gateway, which survive visits to other pages. */
const unsaved = new Map<string, { readonly base: GatewayState; readonly draft: Draft }>()

/** Whether a gateway has unsaved changes. */
export const isUnsaved = (account: string, gateway: string): boolean => unsaved.has(`${account}/${gateway}`)

const modes = [["form", "Form"], ["json", "JSON"], ["review", "Review"]] as const
type Mode = typeof modes[number][0]

/** All settings as one JSON text. Edits change the draft whenever the text is valid. */
const JsonEditor = (
  { settings, onDraft, onProblem }: {
    readonly settings: SettingValues
    readonly onDraft: (draft: Draft) => void
    readonly onProblem: (problem: string | undefined) => void
  },
) => {
  const [text, setText] = useState(() => JSON.stringify(settings, null, 2))
  const change = (next: string): void => {
    setText(next)
    try {
      const read = JSON.parse(next) as unknown
      if (typeof read !== "object" || read === null || Array.isArray(read)) {
        throw new Error("expected an object")
      }
      onProblem(undefined)
      onDraft(Object.fromEntries(Object.entries(read).map(([name, value]) => [name, controlText(value)])))
    } catch (cause) {
      onProblem(`This is not a JSON object: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }
  return (
    <Panel title="The gateway's own settings">
      <p class="note">
        What stands here holds; what does not has its default. The names and values are those of a settings
        file.
      </p>
      <textarea
        class="code"
        aria-label="Settings as JSON"
        rows={Math.min(34, Math.max(12, text.split("\n").length + 1))}
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </Panel>
  )
}

/** Shown if somebody else has saved changes meanwhile. */
const Conflict = (
  { base, newer, changes, onGoOn, onDrop }: {
    readonly base: GatewayState
    readonly newer: GatewayState
    readonly changes: SettingValues
    readonly onGoOn: () => void
    readonly onDrop: () => void
  },
) => {
  const [before, after] = [ownSettings(base), ownSettings(newer)]
  const both = Object.keys(changes).filter((name) => controlText(before[name]) !== controlText(after[name]))
  return (
    <Panel title="Somebody else has changed this gateway meanwhile" class="conflict">
      <p>Nothing of yours was saved, and nothing is lost. The other change was:</p>
      <DiffView before={before} after={after} label="What the other changed" />
      {both.length > 0 && (
        <p>
          You both changed <b>{both.join(", ")}</b>: if you go on, yours takes the place of the other's.
        </p>
      )}
      <div class="row actions">
        <button type="button" onClick={onDrop}>Drop my changes</button>
        <button type="button" class="primary" onClick={onGoOn}>Go on from the newer version</button>
      </div>
    </Panel>
  )
}

export const EditSettings = (
  { account, gateway, state, mode, onSaved }: {
    readonly account: string
    readonly gateway: string
    readonly state: GatewayState
    readonly mode: string
    readonly onSaved: () => void
  },
) => {
  const key = `${account}/${gateway}`
  const path = gatewayApiPath(account, gateway)
  const [held, setHeld] = useState(() =>
    unsaved.get(key) ?? { base: state, draft: draftOf(ownSettings(state)) }
  )
  const [refused, setRefused] = useState<ReadonlyMap<string, string>>(new Map())
  const [jsonProblem, setJsonProblem] = useState<string | undefined>(undefined)
  const [newer, setNewer] = useState<GatewayState | undefined>(undefined)
  const doing = useDoing()
  const { base, draft } = held
  const { schema } = base
  const own = ownSettings(base)
  const { after, changes, problems } = readDraft(schema, own, draft)
  const changed = new Set([...Object.keys(changes), ...problems.keys()])
  const isChanged = changed.size > 0
  useEffect(() => {
    if (isChanged) unsaved.set(key, held)
    else unsaved.delete(key)
  }, [held, isChanged])
  useEffect(() => {
    if (!isChanged) return
    const stay = (event: BeforeUnloadEvent): void => event.preventDefault()
    addEventListener("beforeunload", stay)
    return () => removeEventListener("beforeunload", stay)
  }, [isChanged])
  const setDraft = (next: Draft): void => {
    setHeld({ base, draft: next })
    setRefused(new Map())
    doing.clear()
  }
  const show = (next: Mode): void => go(hereWith({ edit: next }), true)
  const leave = (): void => {
    unsaved.delete(key)
    go(hereWith({ edit: undefined }))
    onSaved()
  }
  const save = async (): Promise<void> => {
    try {
      await write("PATCH", path, changesBody(changes), base.tag)
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      if (cause.status === 409 && cause.result != null) return setNewer(await loadGateway(account, gateway))
      if (cause.status !== 400) throw cause
      setRefused(problemsByField(cause.message, (name) => Object.hasOwn(schema, name)))
      return show("form")
    }
    leave()
  }
  if (newer !== undefined) {
    return (
      <Conflict
        base={base}
        newer={newer}
        changes={changes}
        onGoOn={() => {
          setHeld({ base: newer, draft: rebased(draft, changes, newer) })
          setNewer(undefined)
          show("review")
        }}
        onDrop={leave}
      />
    )
  }
  const all = new Map([...refused, ...problems])
  const general = jsonProblem ?? refused.get("")
  const cannotSave = !isChanged || problems.size > 0 || jsonProblem !== undefined
  const fallbacks = Object.fromEntries(
    editable(schema).filter((name) => own[name] === undefined).map((name) => [name, base.json[name]]),
  )
  return (
    <form
      class="edit"
      onSubmit={(event) => {
        event.preventDefault()
        if (cannotSave) return
        if (mode === "review") doing.run(save)
        else show("review")
      }}
    >
      <div class="row bar sticky">
        <div class="spans" role="group" aria-label="How to edit">
          {modes.map(([id, name]) => (
            <button
              key={id}
              type="button"
              aria-pressed={mode === id}
              disabled={id !== "json" && jsonProblem !== undefined}
              onClick={() => show(id)}
            >
              {name}
            </button>
          ))}
        </div>
        <span class="note" role="status">
          {changed.size === 0 ? "Nothing is changed" : `${changed.size} changed`}
        </span>
        <span class="grow" />
        <button type="button" onClick={leave}>{isChanged ? "Discard" : "Cancel"}</button>
        <button type="submit" class="primary" disabled={cannotSave || doing.isBusy}>
          {mode === "review" ? "Save" : "Review the changes"}
        </button>
      </div>
      {general !== undefined && <Problem error={general} />}
      {doing.problem !== undefined && <Problem error={doing.problem} />}
      {all.size > 0 && mode !== "form" && (
        <Problem error={[...all].map(([name, what]) => name === "" ? what : `${name}: ${what}`).join("; ")} />
      )}
      {mode === "json"
        ? <JsonEditor settings={after} onDraft={setDraft} onProblem={setJsonProblem} />
        : mode === "review"
        ? (
          <Panel title="What will change">
            <DiffView before={own} after={after} label="What will change" />
          </Panel>
        )
        : (
          <SettingFields
            schema={schema}
            names={editable(schema)}
            draft={draft}
            fallbacks={fallbacks}
            changed={changed}
            problems={all}
            onDraft={setDraft}
          />
        )}
    </form>
  )
}
