/**
 * The form for a gateway's settings, with a control for each according to its schema.
 *
 * @module
 */
import { useId } from "preact/hooks"
import { Description } from "./description.tsx"
import { examples } from "./examples.ts"
import {
  controlText,
  grouped,
  kindOf,
  type Property,
  type SettingsSchema,
  wordsOf,
} from "./gateway-schema.ts"

/** The text of each setting, by name; a setting that is empty or missing has its default. */
export type Draft = Readonly<Record<string, string>>

/** The text of a default, shown next to a control. */
const defaultText = ({ default: value, anyOf }: Property, fallback: unknown): string => {
  const shown = fallback ?? value
  if (shown === undefined || shown === null) return anyOf === undefined ? "not set" : "none"
  return typeof shown === "object" ? "not set" : String(shown)
}

interface FieldProps {
  readonly name: string
  readonly property: Property
  readonly text: string
  readonly fallback: unknown
  readonly problem: string | undefined
  readonly isChanged: boolean
  readonly onText: (text: string) => void
}

const Control = (
  { property, text, fallback, onText, ...aria }: Omit<FieldProps, "name" | "problem" | "isChanged"> & {
    readonly id: string
    readonly "aria-describedby": string
    readonly "aria-invalid": boolean
  },
) => {
  const kind = kindOf(property)
  const byDefault = `Default: ${defaultText(property, fallback)}`
  if (kind === "boolean" || kind === "words") {
    const words = kind === "boolean" ? ["true", "false"] : wordsOf(property) ?? []
    return (
      <select {...aria} value={text} onChange={({ currentTarget }) => onText(currentTarget.value)}>
        <option value="">{byDefault}</option>
        {words.map((word) => <option key={word} value={word}>{word}</option>)}
        {text !== "" && !words.includes(text) && <option value={text}>{text}</option>}
      </select>
    )
  }
  if (kind === "json") {
    return (
      <textarea
        {...aria}
        class="code"
        rows={Math.min(14, Math.max(2, text.split("\n").length))}
        value={text}
        placeholder={`JSON. ${byDefault}`}
        spellcheck={false}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
    )
  }
  return (
    <input
      {...aria}
      value={text}
      placeholder={byDefault}
      inputMode={kind === "number" ? "decimal" : "text"}
      spellcheck={false}
      autocomplete="off"
      onInput={({ currentTarget }) => onText(currentTarget.value)}
    />
  )
}

const Field = ({ name, problem, isChanged, ...control }: FieldProps) => {
  const id = useId()
  const { property, onText, text } = control
  return (
    <div class={`setting ${isChanged ? "changed" : ""}`}>
      <div class="name">
        <label htmlFor={id}>
          <code>{name}</code>
        </label>
        {isChanged && <span class="mark">changed</span>}
      </div>
      <div class="control">
        <div class="row">
          <Control
            {...control}
            id={id}
            aria-describedby={`${id}-problem ${id}-what`}
            aria-invalid={problem !== undefined}
          />
          {text !== "" && (
            <button
              type="button"
              class="quiet"
              aria-label={`Use the default of ${name}`}
              onClick={() => onText("")}
            >
              Use the default
            </button>
          )}
        </div>
        {text === "" && examples[name] !== undefined && (
          <div class="row" role="group" aria-label={`Values of ${name} to begin with`}>
            {Object.entries(examples[name]).map(([what, value]) => (
              <button
                key={what}
                type="button"
                class="quiet"
                onClick={() => onText(controlText(value))}
              >
                {what}
              </button>
            ))}
          </div>
        )}
        <p id={`${id}-problem`} class="field-problem" role={problem === undefined ? undefined : "alert"}>
          {problem}
        </p>
        <div id={`${id}-what`} class="note">
          <Description text={property.description ?? ""} isShort />
        </div>
      </div>
    </div>
  )
}

/** The form, divided into groups. */
export const SettingFields = (
  { schema, names, draft, fallbacks, changed, problems, onDraft }: {
    readonly schema: SettingsSchema
    readonly names: ReadonlyArray<string>
    readonly draft: Draft
    /** The values in force for settings that are left empty. */
    readonly fallbacks: Readonly<Record<string, unknown>>
    readonly changed: ReadonlySet<string>
    readonly problems: ReadonlyMap<string, string>
    readonly onDraft: (draft: Draft) => void
  },
) => (
  <>
    {grouped(names).map(([title, names]) => (
      <fieldset class="panel" key={title}>
        <legend>{title}</legend>
        {names.map((name) => (
          <Field
            key={name}
            name={name}
            property={schema[name] ?? {}}
            text={draft[name] ?? ""}
            fallback={fallbacks[name]}
            problem={problems.get(name)}
            isChanged={changed.has(name)}
            onText={(text) => onDraft({ ...draft, [name]: text })}
          />
        ))}
      </fieldset>
    ))}
  </>
)
