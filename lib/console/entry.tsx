/**
 * One request, in full.
 *
 * @module
 */
import { useEffect, useRef } from "preact/hooks"
import { gatewayApiPath, get } from "./api.ts"
import { BodyPanel } from "./body-view.tsx"
import { curlOf } from "./curl.ts"
import { Facts, Headers } from "./entry-facts.tsx"
import { FeedbackButtons } from "./feedback.tsx"
import { prettyJson } from "./bodies.ts"
import { visible } from "./format.ts"
import { go, hereWith, Link } from "./location.tsx"
import { EndBadge } from "./log-table.tsx"
import { Copy, Problem, Text, useLoaded } from "./parts.tsx"
import { PriceTable } from "./price-table.tsx"
import type { Scope } from "./scope.tsx"
import { Timeline } from "./timeline.tsx"
import type { EntryDetail } from "./types.ts"

const Content = ({ entry, path, onChange }: {
  readonly entry: EntryDetail
  readonly path: string
  readonly onChange: () => void
}) => {
  const body = entry.request_head_complete && entry.request_head !== null ? entry.request_head : undefined
  const json = JSON.stringify(entry)
  return (
    <>
      <p class="row">
        <EndBadge entry={entry} />
        <Copy text={curlOf(entry, body)} label="Copy as curl" />
        <Copy text={prettyJson(json) ?? json} label="Copy as JSON" />
        <Copy text={entry.id} label="Copy the id" />
      </p>
      <h3>Timeline</h3>
      <Timeline entry={entry} />
      <h3>Facts</h3>
      <Facts entry={entry} />
      <h3>Tokens and cost</h3>
      <PriceTable entry={entry} />
      <h3>Request</h3>
      <BodyPanel path={path} which="request" isKept={entry.request_head !== null} />
      <h3>Answer</h3>
      <BodyPanel path={path} which="response" isKept={entry.response_head !== null} />
      <h3>Headers</h3>
      <Headers entry={entry} />
      <h3>Feedback</h3>
      <FeedbackButtons entry={entry} path={path} onDone={onChange} />
      <details class="whole">
        <summary>The entry as JSON</summary>
        <pre class="body" tabIndex={0}>{visible(prettyJson(json) ?? json)}</pre>
      </details>
    </>
  )
}

/** The request in the address, in a dialog over the log. */
export const EntryView = ({ scope, id }: { readonly scope: Scope; readonly id: string }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const path = `${gatewayApiPath(scope.account, scope.gateway)}/logs/${encodeURIComponent(id)}`
  const entry = useLoaded(path, (signal) => get<EntryDetail>(path, {}, signal))
  useEffect(() => {
    dialog.current?.showModal()
    return () => dialog.current?.close()
  }, [])
  const close = (): void => go(hereWith({ entry: undefined }))
  return (
    <dialog
      ref={dialog}
      class="entry"
      aria-label="One request"
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="inside">
        <header>
          <h2>
            <Text>{entry.value === undefined ? id : entry.value.model || entry.value.request_type}</Text>
          </h2>
          <Link href={hereWith({ entry: undefined })} class="button">Close</Link>
        </header>
        {entry.value !== undefined
          ? <Content entry={entry.value} path={path} onChange={entry.reload} />
          : entry.error === undefined
          ? <p role="status">Loading…</p>
          : <Problem error={entry.error} onRetry={entry.reload} />}
      </div>
    </dialog>
  )
}
