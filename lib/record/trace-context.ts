/**
 * The place of a request in a trace (W3C Trace Context, version 00).
 *
 * @module
 */
import { hex } from "../bytes/hex.ts"
import type { Sampler } from "../config/otel-settings.ts"

/** Ids are lower-case hex digits: 32 for a trace, 16 for a span. */
export interface TraceIds {
  readonly trace_id: string
  /** The span of the request itself. */
  readonly span_id: string
  /** The caller's span. */
  readonly parent_span_id: string | null
  /** Whether its spans are exported. */
  readonly sampled: boolean
}

interface Parent {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
}

const form = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

/** Version `ff` is invalid, as is an id of zeros, and only later versions append fields (§3.2). */
const parentOf = (headers: Headers): Parent | undefined => {
  const [, version, traceId = "", spanId = "", flags = "", more] =
    form.exec(headers.get("traceparent")?.trim() ?? "") ?? []
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined
  return isId(32, traceId) && isId(16, spanId)
    ? { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 }
    : undefined
}

const isId = (length: number, text: string | null): text is string =>
  text?.length === length && /^(?!0+$)[\da-f]+$/i.test(text)

const randomId = (bytes: number): string => hex(crypto.getRandomValues(new Uint8Array(bytes)))

/** Decided by the last 52 bits of the id, which are random (Level 2, §3.2.2.4), so that every service decides alike. */
const isChosen = (traceId: string, ratio: number): boolean =>
  parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52

/**
 * Gives a request its span.
 *
 * The caller's trace is that of `cf-aig-otel-trace-id` and `cf-aig-otel-parent-span-id` (Cloudflare's), else of
 * `traceparent`; malformed values count as absent. A parent span without a trace is ignored.
 */
export const startTrace = (headers: Headers, { parentBased, ratio }: Sampler): TraceIds => {
  const parent = parentOf(headers)
  const asked = headers.get("cf-aig-otel-trace-id")
  const askedParent = headers.get("cf-aig-otel-parent-span-id")
  const trace_id = isId(32, asked) ? asked.toLowerCase() : parent?.traceId ?? randomId(16)
  const joined = parent?.traceId === trace_id ? parent : undefined
  const isJoined = joined !== undefined || asked?.toLowerCase() === trace_id
  return {
    trace_id,
    span_id: randomId(8),
    parent_span_id: isJoined && isId(16, askedParent) ? askedParent.toLowerCase() : joined?.spanId ?? null,
    sampled: parentBased && joined !== undefined ? joined.sampled : isChosen(trace_id, ratio),
  }
}

/**
 * Passes the trace on to a provider, and returns the id of the call's span. `undefined` if nothing is traced here: then the
 * caller's own headers are forwarded, unless the call has such headers already.
 *
 * @param incoming the request's headers
 * @param outgoing the call's, which are changed
 */
export const passTrace = (
  trace: TraceIds | null,
  incoming: Headers,
  outgoing: Headers,
): string | null => {
  if (trace !== null) {
    const span = randomId(8)
    outgoing.set("traceparent", `00-${trace.trace_id}-${span}-${trace.sampled ? "01" : "00"}`)
    // The state belongs to the trace that it came with (§3.3).
    const state = parentOf(incoming)?.traceId === trace.trace_id ? incoming.get("tracestate") : null
    if (state === null) outgoing.delete("tracestate")
    else outgoing.set("tracestate", state)
    return span
  }
  if (!outgoing.has("traceparent")) {
    for (const name of ["traceparent", "tracestate"]) {
      const value = incoming.get(name)
      if (value !== null) outgoing.set(name, value)
    }
  }
  return null
}
