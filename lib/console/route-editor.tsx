/**
 * Edits a route's elements as text, drawn while typing, and saves them as a version that is not deployed yet.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { ApiError } from "./api.ts"
import { useDoing } from "./dialog.tsx"
import { FormButtons } from "./list-parts.tsx"
import { Problem } from "./parts.tsx"
import { RouteDrawing } from "./route-graph.tsx"
import { type Element, isElements } from "./route-layout.ts"
import { getVersioned, write } from "./write.ts"

export const RouteEditor = ({ path, elements, onClose, onSaved }: {
  readonly path: string
  readonly elements: ReadonlyArray<Element>
  readonly onClose: () => void
  readonly onSaved: (version: string) => void
}) => {
  const [text, setText] = useState(() => JSON.stringify(elements, null, 2))
  const [comment, setComment] = useState("")
  const [began] = useState(() => getVersioned<unknown>(path))
  const [tag, setTag] = useState<string | undefined>(undefined)
  const doing = useDoing()
  let drawn: ReadonlyArray<Element> = []
  let problem: string | undefined
  try {
    const read = JSON.parse(text) as unknown
    if (isElements(read)) drawn = read
    else problem = "Expected a list of elements, each with an id, a type and outputs."
  } catch (cause) {
    problem = `This is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`
  }
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault()
        doing.run(async () => {
          try {
            const { value } = await write<{ readonly version_id: string }>(
              "POST",
              `${path}/versions`,
              { elements: drawn, ...(comment.trim() !== "" && { comment: comment.trim() }) },
              tag ?? (await began).tag,
            )
            onSaved(value.version_id)
          } catch (cause) {
            if (!(cause instanceof ApiError) || cause.status !== 409) throw cause
            setTag((await getVersioned<unknown>(path)).tag)
            throw new Error(
              "Somebody else has changed this route meanwhile; its versions below show how. Save again to add yours " +
                "to them: nothing is in force before it is deployed.",
              { cause },
            )
          }
        })
      }}
    >
      <label>
        <span>Elements</span>
        <textarea
          class="code"
          rows={Math.min(28, Math.max(14, text.split("\n").length))}
          spellcheck={false}
          value={text}
          aria-invalid={problem !== undefined}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value)
            doing.clear()
          }}
        />
      </label>
      {problem !== undefined
        ? <p class="field-problem" role="status">{problem}</p>
        : <RouteDrawing elements={drawn} traffic={undefined} label="What is typed, as a graph" />}
      <label>
        <span>What is new in this version (a comment)</span>
        <input value={comment} onInput={({ currentTarget }) => setComment(currentTarget.value)} />
      </label>
      {doing.problem !== undefined && <Problem error={doing.problem} />}
      <FormButtons
        action="Save as a version"
        isBusy={doing.isBusy || problem !== undefined}
        onClose={onClose}
      />
    </form>
  )
}
