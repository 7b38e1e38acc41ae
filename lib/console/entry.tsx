/**
 * One request, in full.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useEffect, useRef, useState } from "preact/hooks"
import { gatewayPath, get, patch } from "./api.ts"
import { BodyView } from "./body-view.tsx"
import { curlOf } from "./curl.ts"
import { bytes, count, money, time, unknown, visible } from "./format.ts"
import { go, hereWith, Link } from "./location.tsx"
import { EndBadge } from "./log-table.tsx"
import { Copy, Problem, Text, Time, useLoaded } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import { Timeline } from "./timeline.tsx"
import type { EntryDetail } from "./types.ts"

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const usageSources: Readonly<Record<string, string>> = {
  exact: "as the answer reported them",
  partial: "the last that the answer reported before it broke off",
  estimated: "estimated from the stream's bytes",
}

const priceNote = ({ cost, custom_cost, cached, usage_source }: EntryDetail): string => {
  if (custom_cost) return "the caller's own figure (cf-aig-custom-cost)"
  if (cached) return "from the cache"
  if (cost === 0 && usage_source === null) return "nothing to pay for: there was no answer of a model"
  if (cost === null) {
    return "no price is known for this model, or no tokens: set prices in the gateway's settings"
  }
  return usage_source === "estimated" ? "tokens × price; the tokens are estimated" : "tokens × price"
}

const Feedback = (
  { entry, path, onDone }: {
    readonly entry: EntryDetail
    readonly path: string
    readonly onDone: () => void
  },
) => {
  const [problem, setProblem] = useState<unknown>(undefined)
  const give = (feedback: -1 | 1): void => {
    patch(path, { feedback: entry.feedback === feedback ? null : feedback }).then(() => {
      setProblem(undefined)
      onDone()
    }, setProblem)
  }
  return (
    <div class="row" role="group" aria-label="Feedback">
      <button type="button" class="quiet" aria-pressed={entry.feedback === 1} onClick={() => give(1)}>
        👍 Good
      </button>
      <button type="button" class="quiet" aria-pressed={entry.feedback === -1} onClick={() => give(-1)}>
        👎 Bad
      </button>
      {problem !== undefined && <Problem error={problem} />}
    </div>
  )
}

const Facts = ({ entry }: { readonly entry: EntryDetail }) => (
  <dl class="facts">
    <Fact name="Came">
      <Time at={entry.created_at} />
    </Fact>
    <Fact name="Status">
      {entry.status_code}
      {entry.upstream_status !== null && entry.upstream_status !== entry.status_code &&
        ` (provider: ${entry.upstream_status})`}
    </Fact>
    {entry.error !== null && (
      <Fact name="Error">
        <Text>{entry.error}</Text>
        {entry.error_code !== null && ` (code ${entry.error_code})`}
      </Fact>
    )}
    <Fact name="Duration">{time(entry.duration)}</Fact>
    <Fact name="First token">{time(entry.time_to_first_token_ms)}</Fact>
    <Fact name="Tokens a second">{entry.tokens_per_second ?? unknown}</Fact>
    <Fact name="Tokens in">
      {count(entry.tokens_in)}
      {entry.tokens_cached !== null && entry.tokens_cached > 0 &&
        `, ${count(entry.tokens_cached)} of them cached`}
    </Fact>
    <Fact name="Tokens out">
      {count(entry.tokens_out)}
      {entry.tokens_reasoning !== null && entry.tokens_reasoning > 0 &&
        `, ${count(entry.tokens_reasoning)} of them reasoning`}
    </Fact>
    <Fact name="Tokens are">
      {entry.usage_source === null ? unknown : usageSources[entry.usage_source] ?? entry.usage_source}
    </Fact>
    <Fact name="Cost">
      {money(entry.cost)} <span class="note">{priceNote(entry)}</span>
    </Fact>
    <Fact name="Called">
      <Text>{entry.provider}</Text> · <Text>{entry.deployment ?? entry.model}</Text>
    </Fact>
    <Fact name="Route">
      <Text>{entry.request_type}</Text>
    </Fact>
    <Fact name="Path">
      <Text>{entry.path}</Text>
    </Fact>
    {entry.token != null && (
      <Fact name="Token">
        <Text>{entry.token}</Text>
      </Fact>
    )}
    <Fact name="Provider's key">{entry.key}</Fact>
    <Fact name="Client">
      <Text>{entry.user_agent}</Text>
    </Fact>
    <Fact name="Sizes">{bytes(entry.request_bytes)} up, {bytes(entry.response_bytes)} down</Fact>
    {entry.changes.length > 0 && (
      <Fact name="Changed for the fall-back">
        <Text>{entry.changes.join(", ")}</Text>
      </Fact>
    )}
    {Object.entries(entry.metadata).map(([name, value]) => (
      <Fact key={name} name={visible(name)}>
        <Text>{String(value)}</Text>
      </Fact>
    ))}
  </dl>
)

const Content = (
  { entry, path, onChange }: {
    readonly entry: EntryDetail
    readonly path: string
    readonly onChange: () => void
  },
) => {
  const body = entry.request_head_complete && entry.request_head !== null ? entry.request_head : undefined
  return (
    <>
      <p class="row">
        <EndBadge entry={entry} />
        <Copy text={curlOf(entry, body)} label="Copy as curl" />
        <Copy text={JSON.stringify(entry, null, 2)} label="Copy as JSON" />
        <Copy text={entry.id} label="Copy the id" />
      </p>
      <h3>Timeline</h3>
      <Timeline entry={entry} />
      <h3>Facts</h3>
      <Facts entry={entry} />
      <h3>Request</h3>
      <BodyView path={path} which="request" isKept={entry.request_head !== null} />
      <h3>Answer</h3>
      <BodyView path={path} which="response" isKept={entry.response_head !== null} />
      <h3>Feedback</h3>
      <Feedback entry={entry} path={path} onDone={onChange} />
    </>
  )
}

/** The request that the address names, over the log. */
export const EntryView = ({ scope, id }: { readonly scope: Scope; readonly id: string }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const path = `${gatewayPath(scope.account, scope.gateway)}/logs/${encodeURIComponent(id)}`
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
