/**
 * One stored body: as the model's text, formatted, or raw.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { getText } from "./api.ts"
import { prettyJson, saidIn } from "./bodies.ts"
import { visible } from "./format.ts"
import { Copy, Problem, useLoaded } from "./parts.tsx"

const Said = ({ text }: { readonly text: string }) => {
  const said = saidIn(text)
  if (said === undefined) return <p class="note">There are no words of a model in this body.</p>
  return (
    <div class="said">
      {said.reasoning !== "" && (
        <details>
          <summary>Reasoning</summary>
          <p>{visible(said.reasoning)}</p>
        </details>
      )}
      {said.text !== "" && <p>{visible(said.text)}</p>}
      {said.tools.map(({ name, text }, index) => (
        <pre key={index} tabIndex={0}><b>{visible(name)}</b> {visible(prettyJson(text) ?? text)}</pre>
      ))}
    </div>
  )
}

/** The body of the request or of the answer. */
export const BodyPanel = ({ path, which, isKept }: {
  readonly path: string
  readonly which: "request" | "response"
  readonly isKept: boolean
}) => {
  const body = useLoaded(isKept ? `${path}/${which}` : "", (signal) => getText(`${path}/${which}`, signal))
  const views = which === "response" ? ["Words", "Laid out", "Raw"] as const : ["Laid out", "Raw"] as const
  const [view, setView] = useState<string>(views[0])
  if (!isKept) {
    return (
      <p class="note">
        Not kept. Bodies are kept where <code>collect_log_payloads</code> or the header{" "}
        <code>cf-aig-collect-log-payload: true</code> says so.
      </p>
    )
  }
  if (body.value === undefined) {
    return body.error === undefined
      ? <p class="note" role="status">Loading…</p>
      : <Problem error={body.error} onRetry={body.reload} />
  }
  const text = body.value
  return (
    <>
      <div class="spans" role="group" aria-label={`View of the ${which}`}>
        {views.map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={view === name}
            onClick={() => setView(name)}
          >
            {name}
          </button>
        ))}
        <Copy text={text} />
      </div>
      {view === "Words"
        ? <Said text={text} />
        : <pre class="body" tabIndex={0}>{visible(view === "Raw" ? text : prettyJson(text) ?? text)}</pre>}
    </>
  )
}
