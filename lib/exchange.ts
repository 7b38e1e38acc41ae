/**
 * One request: its facts, each set once, and the reports of the calls made for it.
 *
 * @module
 */
import { secretsShown } from "./auth/credential.ts"
import type { SettingsShape } from "./config/settings-shape.ts"
import type { Metadata } from "./config/request-options.ts"
import type { HeaderFields } from "./headers/header-fields.ts"
import type { HeaderReader } from "./headers/header-reader.ts"
import { assembleRecord, type RequestFacts } from "./record/assemble-record.ts"
import type { CallReport } from "./record/call-report.ts"
import { uuidV7 } from "./record/request-id.ts"
import { type Ending, type RequestRecord, rounded } from "./record/request-record.ts"
import { startTrace, type TraceIds } from "./record/trace-context.ts"
import { type Secrets, secretsOf } from "./redaction/secrets.ts"
import { reportDefect } from "./redaction/stack-frames.ts"
import type { LogDirective, Payloads } from "./request-log/entry.ts"
import type { RequestUrl } from "./route/request-url.ts"
import { monotonicNow } from "./time/monotonic.ts"
import { CutSource } from "./upstream/cut.ts"

/** A call that the gateway makes itself: through the stages of every call, but with no token that a caller could show. */
export interface OwnCall {
  /** Stands in its record as the route. */
  readonly route: string
  /** What it was made for is known: its record waits for that. */
  readonly settled: Promise<void>
  /** Completes its record with what is known once it is settled. */
  readonly completed: (record: RequestRecord) => RequestRecord
}

/** What the platform provides for one request. */
export interface HostContext {
  /** Keeps the platform running for work after the response (Workers). */
  readonly waitUntil?: (promise: Promise<unknown>) => void
  /** Whether the listener is known to be bound to a loopback address. */
  readonly loopback?: boolean
  /** How the host reports that the client has left, if it has a cheaper way than `request.signal`. */
  readonly onLeave?: (callback: () => void) => void
  /** Called when the answer to a request has ended, or just before it goes out if it is whole. */
  readonly onEnd?: (request: Request) => void
  /** The client's address, if the host knows it; called only where the address is recorded. */
  readonly clientAddress?: (request: Request) => string | null
  /** The request is a WebSocket handshake, which the host completes if the answer is 204, or has a socket. */
  readonly canUpgrade?: boolean
  /** The subprotocols that such a handshake offers to a provider. */
  readonly subprotocols?: ReadonlyArray<string>
  /** The body of a universal request, if the host holds it whole and the request has no body. */
  readonly body?: Uint8Array<ArrayBuffer>
  /** Only for the gateway's own calls. */
  readonly ownCall?: OwnCall
}

/** Work that is due once a request has ended, before its record is published. */
export type Settlement = () => void | Promise<void>

/** How a request ended. */
export interface ExchangeOutcome {
  readonly status: number
  readonly ending: Ending
  readonly errorCode: number | null
  readonly error: string | null
  readonly cost: number | null
}

/** The caller's event id, which links records (Cloudflare's rule); `undefined` if it is too long. */
export const eventIdIn = (headers: HeaderReader): string | undefined => {
  const value = headers.get("cf-aig-event-id")
  return value !== null && value !== "" && value.length <= 256 ? value : undefined
}

/** Keeps the platform running until what it returns is called. */
const awaited = (host: Pick<HostContext, "waitUntil">): (() => void) | undefined => {
  let done: (() => void) | undefined
  host.waitUntil?.(new Promise<void>((resolve) => done = resolve))
  return done
}

const noMetadata: Metadata = Object.freeze({})
const noHeaders: ReadonlyArray<HeaderReader> = []

/** One request on its way through the pipeline. */
export class Exchange implements RequestFacts {
  readonly request: Request
  readonly url: RequestUrl
  readonly headers: HeaderFields
  readonly host: HostContext
  readonly receivedAt: number
  readonly id: string
  /** Its place in a trace, if it is traced: for the collector of all gateways, or for those of its own. */
  trace: TraceIds | null
  /** Ends the request from outside: its client has left, or the gateway stops. */
  readonly cut = new CutSource()
  readonly reports: Array<CallReport> = []

  /** Each set by the stage that finds it out. */
  eventId: string
  account: string | null = null
  gateway: string | null = null
  routeName: string | null = null
  provider: string | null = null
  deployment: string | null = null
  model: string | null = null
  /** The dynamic route or alias that the request names instead of a model. */
  requestedModel: string | null = null
  stream = false
  metadata = noMetadata
  requestBytes: number | null = null
  authenticated = false
  /** The name of the caller's token. */
  token: string | null = null
  dynamicRoute: string | null = null
  /** Whether the request log gets an entry, until a call's own options say so. */
  shouldLog = false
  /** The headers of universal steps, which may contain credentials as well. */
  stepHeaders = noHeaders
  /** A body that is streamed up: if its call is refused, it has to be drained first. */
  streamedBody: ReadableStream<Uint8Array<ArrayBuffer>> | undefined
  /** The body on its way in; released when the exchange has ended. */
  upload: { readonly release: () => void } | undefined
  answering: CallReport | undefined
  payloads: Payloads | undefined
  /** How many universal steps are left, each of which takes at least one call. */
  stepsToCome = 0

  /** Its place among the requests without an answer. */
  place = -1

  readonly #start = monotonicNow()
  /** The operator's secrets of the settings with which the request runs: newer settings may not have them. */
  readonly #secrets: Secrets | undefined
  readonly #onEnd: (exchange: Exchange) => void
  #settlements: Array<Settlement> | undefined
  /** Resolves the promise that the platform waits for. */
  readonly done: (() => void) | undefined
  #upstreamMs = 0
  #gatewayMs: number | null = null
  #totalMs = 0
  #outcome: ExchangeOutcome | undefined

  /**
   * @param settings `undefined` if they are malformed
   * @param onEnd called once, when the request has ended
   */
  constructor(
    request: Request,
    url: RequestUrl,
    headers: HeaderFields,
    host: HostContext,
    settings: Pick<SettingsShape, "otel" | "secrets"> | undefined,
    onEnd: (exchange: Exchange) => void,
  ) {
    this.request = request
    this.url = url
    this.headers = headers
    this.host = host
    this.receivedAt = Date.now()
    this.id = uuidV7(this.receivedAt)
    this.eventId = eventIdIn(headers) ?? this.id
    const sampler = settings?.otel?.traces?.sampler
    this.trace = sampler === undefined ? null : startTrace(headers, sampler)
    this.#secrets = settings?.secrets
    this.#onEnd = onEnd
    this.done = host.waitUntil === undefined ? undefined : awaited(host)
  }

  get method(): string {
    return this.request.method
  }
  get scheme(): string {
    return this.url.protocol === "https:" ? "https" : "http"
  }
  get path(): string {
    return this.url.pathname
  }
  get userAgent(): string | null {
    return this.headers.get("user-agent")
  }
  get contentType(): string | null {
    return this.headers.get("content-type")
  }

  /** Notes the requested model and whether it is to stream, until a call's own report has both. */
  describe(model: string | null, stream: boolean): void {
    this.model = model
    this.stream = stream
  }

  /** Milliseconds since the request arrived. */
  elapsed(): number {
    return rounded(monotonicNow() - this.#start)
  }
  /** Adds milliseconds spent waiting for providers. */
  spentUpstream(milliseconds: number): void {
    this.#upstreamMs += milliseconds
  }
  /** Notes how much of the time so far was the gateway's own, in milliseconds. */
  noteGatewayTime(): number {
    return this.#gatewayMs = rounded(this.elapsed() - this.#upstreamMs)
  }

  /**
   * The secrets to redact from everything said about the request: the operator's, and the credentials that the caller
   * sent. A key in any other place is not known to be one.
   */
  secrets(): ReadonlyArray<Secrets> {
    const shown = secretsOf(secretsShown([this.headers, ...this.stepHeaders]))
    return this.#secrets === undefined ? [shown] : [this.#secrets, shown]
  }

  /** Adds work to do after the response, before the record is published. */
  settleBy(settlement: Settlement): void {
    if (this.#settlements === undefined) this.#settlements = [settlement]
    else this.#settlements.push(settlement)
  }
  /** Does that work in order. A defect in one piece is reported, and the rest is done all the same. */
  settle(): void | Promise<void> {
    for (let next = this.#settlements?.shift(); next !== undefined; next = this.#settlements?.shift()) {
      try {
        const settled = next()
        if (settled !== undefined) {
          return settled.catch((defect: unknown) => reportDefect(this.id, defect)).then(() => this.settle())
        }
      } catch (defect) {
        reportDefect(this.id, defect)
      }
    }
  }

  get isOpen(): boolean {
    return this.#outcome === undefined
  }
  /**
   * Ends the request; only the first call counts. Work for others may go on after that.
   *
   * @param now milliseconds since the request arrived
   */
  finish(outcome: ExchangeOutcome, now: number = this.elapsed()): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#totalMs = now
    this.upload?.release()
    this.host.onEnd?.(this.request)
    this.#onEnd(this)
  }
  /** Whether to log the request, and with which bodies; final once the settlements are done. */
  directive(): LogDirective {
    const call = this.answering ?? this.reports.at(-1)
    return { shouldLog: call === undefined ? this.shouldLog : call.shouldLog, payloads: this.payloads }
  }
  /** The record, once the request has ended and its settlements are done. */
  record(): RequestRecord {
    const { status = 0, ending = "complete", errorCode = null, error = null, cost = null } = this.#outcome ??
      {}
    const response = {
      status,
      ending,
      errorCode,
      error,
      cost,
      totalMs: this.#totalMs,
      gatewayMs: this.#gatewayMs,
    }
    return assembleRecord(this, response)
  }
}
