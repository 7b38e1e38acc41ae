/**
 * One request as a timeline: each wait, each try, the first token, the stream, the end.
 *
 * @module
 */
import { time, visible } from "./format.ts"
import type { ListedEntry } from "./types.ts"

interface Span {
  readonly name: string
  readonly kind: string
  readonly from: number
  readonly to: number
  readonly note: string
}

/** The spans of a request in chronological order, in milliseconds since it arrived. */
const spansOf = (entry: ListedEntry): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  const { attempts, duration, time_to_first_byte_ms: firstByte, time_to_first_token_ms: firstToken } = entry
  for (
    const { step, attempt, started_ms: from, duration_ms, waited_ms, status, error, model, provider }
      of attempts
  ) {
    if (waited_ms > 0) {
      spans.push({
        name: "Wait",
        kind: "wait",
        from: Math.max(0, from - waited_ms),
        to: from,
        note: "before the next try",
      })
    }
    const name = `${step > 0 ? `Step ${step + 1}, try` : "Try"} ${attempt}`
    const failed = error !== null || (status ?? 0) >= 400
    spans.push({
      name,
      kind: failed ? "failed" : "try",
      from,
      to: from + duration_ms,
      note: [model ?? provider, status ?? "no answer", error].filter((part) => part !== null).join(" · "),
    })
  }
  const answered = firstByte ?? entry.time_to_headers_ms
  if (answered !== null && firstToken !== null && firstToken > answered) {
    spans.push({
      name: "First token",
      kind: "wait",
      from: answered,
      to: firstToken,
      note: "from the first byte on",
    })
  }
  const begin = firstToken ?? answered
  if (begin !== null && begin < duration) {
    spans.push({
      name: entry.stream ? "Stream" : "Body",
      kind: entry.ending === "complete" ? "stream" : "failed",
      from: begin,
      to: duration,
      note: entry.ending,
    })
  }
  return spans
}

/** The timeline; its text contains everything that is drawn. */
export const Timeline = ({ entry }: { readonly entry: ListedEntry }) => {
  const spans = spansOf(entry)
  if (spans.length === 0) {
    return (
      <p class="note">
        {entry.cached ? "Answered from the cache: no provider was called." : "No provider was called."}
      </p>
    )
  }
  const whole = Math.max(entry.duration, 0.001)
  return (
    <ol class="timeline">
      {spans.map(({ name, kind, from, to, note }, index) => (
        <li key={index}>
          <span class="name">{name}</span>
          <span class="track">
            <i
              class={kind}
              style={{
                left: `${Math.min(99, 100 * from / whole)}%`,
                width: `${Math.max(0.6, Math.min(100, 100 * (to - from) / whole))}%`,
              }}
            />
          </span>
          <span class="number">{time(to - from)}</span>
          <span class="note">
            <bdi>{visible(note)}</bdi>
          </span>
        </li>
      ))}
      <li>
        <span class="name">End</span>
        <span class="track" />
        <span class="number">{time(entry.duration)}</span>
        <span class="note">
          {entry.ending}
          {entry.gateway_ms !== null && `, ${time(entry.gateway_ms)} of it the gateway's own`}
        </span>
      </li>
    </ol>
  )
}
