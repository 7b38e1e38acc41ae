/**
 * One request and everything that is known of it while it runs.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import { abortOf } from "./upstream/lazy-abort.ts"
import { secretsShown } from "./auth/credential.ts"
import type { SettingsShape } from "./config/environment.ts"
import type { LogDirective } from "./request-log/entry.ts"
import type { BodyRelay } from "./relay/relay-body.ts"
import type { HeaderFields } from "./headers/header-fields.ts"
import type { RequestUrl } from "./route/request-url.ts"
import { monotonicNow } from "./time/monotonic.ts"
import { type Secrets, secretsOf } from "./redaction/secrets.ts"
import { draftRecord, type Ending, type RecordDraft, rounded } from "./record/request-record.ts"
import { startTrace } from "./record/trace-context.ts"
import { uuidV7 } from "./record/request-id.ts"

/** A body that is being relayed: as a stream, or without one. */
export type RelayedBody = Pick<BodyRelay, "body" | "into">

/** Makes an answer. */
export type Respond = (
  body: RelayedBody | Uint8Array<ArrayBuffer> | null,
  init: { readonly status: number; readonly statusText: string; readonly headers: Headers },
) => Response

/** Why a request is ended from outside: its client has left, or the gateway stops. */
export type Interruption = "client_left" | "draining"

/** What the platform lends to one request. */
export interface HostContext {
  /** Keeps the platform alive for work after the response (Workers). */
  readonly waitUntil?: (promise: Promise<unknown>) => void
  /** Whether the listener is known to be bound to a loopback address. */
  readonly loopback?: boolean
  /** How the host tells that the client has left, where that costs less than `request.signal`. */
  readonly onLeave?: (callback: () => void) => void
  /** How the host makes an answer of a body and its headers, where that costs less than `new Response`. */
  readonly respond?: Respond
  /** Is told when the answer has ended, or is about to go out where it is whole. */
  readonly onEnd?: () => void
  /** The request is a WebSocket handshake, which the host completes where the answer is 204. */
  readonly canUpgrade?: boolean
  /** The body of a universal request, where the host holds it whole and the request has none. */
  readonly body?: Uint8Array<ArrayBuffer>
}

/** The state of a request on its way through the pipeline. */
export interface Exchange {
  readonly request: Request
  readonly url: RequestUrl
  /** The request's. */
  readonly headers: HeaderFields
  readonly loopback: boolean
  readonly canUpgrade: boolean
  readonly body: Uint8Array<ArrayBuffer> | undefined
  /** Its body on its way in, once it is read; released when the exchange has ended. */
  upload: { readonly release: () => void } | undefined
  /** Calls back when the client leaves before its answer is out, at once where it has left already. */
  readonly onLeave: (callback: () => void) => void
  /** Makes an answer of a provider's. */
  readonly respond: Respond
  readonly record: RecordDraft
  /** Why the request is ended before it has an answer; said before its work is interrupted. */
  interruption: Interruption | undefined
  /** Milliseconds since the request came. */
  readonly elapsed: () => number
  /** How many of them were spent waiting for providers. */
  readonly upstreamTime: () => number
  readonly spentUpstream: (milliseconds: number) => void
  /** How many steps are yet to be called, each of which is one call at least. */
  readonly steps: { toCome: number }
  /** What is to be done after the response, before the record is handed over. */
  readonly after: Array<Effect.Effect<void>>
  /** Headers that may show a credential: the request's, and those of its steps. */
  readonly shown: Array<Pick<Headers, "get">>
  /**
   * What nobody may be told of it: the operator's secrets, and what the caller has shown as credentials. A key that it
   * sends elsewhere alone is not known to be one.
   */
  readonly secrets: () => ReadonlyArray<Secrets>
  /** What the log is to keep of it. */
  readonly collected: { -readonly [Key in keyof LogDirective]: LogDirective[Key] }
  /** Whether the request is yet to end. Work for others may go on after that: what it comes to is theirs. */
  readonly isOpen: () => boolean
  /** Closes the record; only the first call counts. */
  readonly finish: (ending: Ending) => void
}

/** A caller's event id is taken if it is short enough to be one; it links records (Cloudflare's rule). */
export const eventId = (headers: Pick<Headers, "get">): string | undefined => {
  const value = headers.get("cf-aig-event-id")
  return value !== null && value !== "" && value.length <= 256 ? value : undefined
}

const respondByFetch: Respond = (body, init) =>
  new Response((body instanceof Uint8Array ? body : body?.body() ?? null) as BodyInit | null, init)

/**
 * Opens the exchange of a request.
 *
 * @param settings nothing where they are malformed
 * @param onEnd is told once, when the request has ended and its record is complete
 */
export const openExchange = (
  request: Request,
  url: RequestUrl,
  headers: HeaderFields,
  context: HostContext,
  settings: Pick<SettingsShape, "otel" | "secrets"> | undefined,
  onEnd: (exchange: Exchange) => void,
): Exchange => {
  const start = monotonicNow()
  const now = Date.now()
  const id = uuidV7(now)
  const record = draftRecord({
    time: new Date(now).toISOString(),
    request_id: id,
    event_id: eventId(headers) ?? id,
    method: request.method,
    scheme: url.protocol.slice(0, -1),
    path: url.pathname,
    user_agent: headers.get("user-agent"),
    request_content_type: headers.get("content-type"),
  })
  const sampler = settings?.otel?.traces?.sampler
  if (sampler !== undefined) record.trace = startTrace(headers, sampler)
  const elapsed = () => rounded(monotonicNow() - start)
  const shown: Array<Pick<Headers, "get">> = [headers]
  let open = true
  let upstreamTime = 0
  const exchange: Exchange = {
    request,
    url,
    headers,
    loopback: context.loopback ?? false,
    canUpgrade: context.canUpgrade ?? false,
    body: context.body,
    upload: undefined,
    respond: context.respond ?? respondByFetch,
    onLeave: context.onLeave ?? ((callback) => abortOf(request.signal).onAbort(callback)),
    record,
    interruption: undefined,
    elapsed,
    upstreamTime: () => upstreamTime,
    spentUpstream: (milliseconds) => {
      upstreamTime += milliseconds
    },
    steps: { toCome: 0 },
    after: [],
    shown,
    secrets: () => [
      ...(settings === undefined ? [] : [settings.secrets]),
      secretsOf(secretsShown(shown)),
    ],
    collected: { shouldLog: false, payloads: undefined },
    isOpen: () => open,
    finish: (ending) => {
      if (!open) return
      open = false
      record.ending = ending
      record.total_ms = elapsed()
      onEnd(exchange)
    },
  }
  return exchange
}
