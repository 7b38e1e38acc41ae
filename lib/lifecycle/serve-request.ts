/**
 * One request from its arrival to its answer: the exchange is opened, its work is done or cut, the answer gets its ids.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { SettingsShape } from "../config/settings-shape.ts"
import { draining, type GatewayError, internal, misconfigured, unreadableUrl } from "../errors.ts"
import { Exchange, type HostContext } from "../exchange.ts"
import { addCors } from "../headers/cors.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import type { PipelineResult } from "../pipeline.ts"
import { reportDefect } from "../redaction/stack-frames.ts"
import type { Answer } from "../relay/answer.ts"
import { isAdminPath, isConsolePath } from "../route/admin-paths.ts"
import { type RequestUrl, urlOf } from "../route/request-url.ts"
import type { WrittenSettings } from "../settings-store/WrittenSettings.ts"
import type { Metrics } from "../telemetry/metrics/Metrics.ts"
import { whenReady } from "../time/awaitable.ts"
import type { CutListener, Interruption } from "../upstream/cut.ts"
import { onAbort } from "../upstream/lazy-abort.ts"
import { interrupted } from "../upstream/upstream-failure.ts"
import { addIds, refuse } from "./refusal.ts"
import type { RunningRequests } from "./running-requests.ts"

/** What requests are served with. */
export interface Serving {
  readonly settings: SettingsShape
  readonly metrics: Metrics["Service"]
  readonly pipeline: (exchange: Exchange) => Promise<PipelineResult>
  /** Publishes a request that has ended. */
  readonly publish: (exchange: Exchange) => void
  readonly running: RunningRequests
  /** Whether the gateway is stopping. */
  readonly isStopping: () => boolean
  /** Whether clients are to take other connections. */
  readonly isShedding: () => boolean
}

/** Stands for a URL that cannot be read. */
const noUrl: RequestUrl = new URL("http://host.invalid/")

/** Opens the exchange of a request; its URL is `undefined` if it cannot be read. */
const openExchange = (
  request: Request,
  host: HostContext,
  settings: SettingsShape | undefined,
  onEnd: (exchange: Exchange) => void,
): readonly [Exchange, RequestUrl | undefined] => {
  const headers = HeaderFields.of(request.headers)
  const url = urlOf({ url: request.url, headers })
  return [new Exchange(request, url ?? noUrl, headers, host, settings, onEnd), url]
}

/** Deno (2.9.6) breaks uploads off when its process gets a signal to stop: that client has not left. */
const failureOf = (exchange: Exchange, error: GatewayError, isStopping: boolean): GatewayError => {
  if (!isStopping || error.reason !== "client_left") return error
  exchange.cut.cut("draining")
  return interrupted("draining").error
}

/** What of an answer the host of a request, and not its pipeline, decides on. */
const finished = (serving: Serving, exchange: Exchange, answer: Answer): Answer => {
  const { corsOrigins } = serving.settings
  // Pages are for clients; the management API is for servers and command lines.
  if (corsOrigins.size > 0 && !isAdminPath(exchange.path) && !isConsolePath(exchange.path)) {
    addCors(answer.headers, corsOrigins, exchange.headers)
  }
  // The handshake of a WebSocket needs this header for itself.
  if (serving.isShedding() && answer.socket === undefined) answer.headers.set("connection", "close")
  addIds(answer.headers, exchange)
  return answer
}

/** A request without an answer yet. It gets one at the latest when it is cut: work that hangs does not keep its client waiting. */
class Unanswered<A> implements CutListener {
  readonly #serving: Serving
  readonly #exchange: Exchange
  readonly #form: AnswerForm<A>
  readonly #resolve: (answer: A) => void
  readonly #reject: (defect: unknown) => void

  constructor(
    serving: Serving,
    exchange: Exchange,
    form: AnswerForm<A>,
    resolve: (answer: A) => void,
    reject: (defect: unknown) => void,
  ) {
    this.#serving = serving
    this.#exchange = exchange
    this.#form = form
    this.#resolve = resolve
    this.#reject = reject
  }
  begin(): void {
    const exchange = this.#exchange
    this.#serving.running.working(exchange)
    exchange.cut.listen(this)
    this.#serving.pipeline(exchange)
      .then((result) => this.#came(result), (defect: unknown) => this.#broke(defect))
    // After its work has begun: a client may have left already, which is reported at once.
    const leave = (): void => exchange.cut.cut("client_left")
    if (exchange.host.onLeave === undefined) onAbort(exchange.request.signal, leave)
    else exchange.host.onLeave(leave)
  }
  interrupted(reason: Interruption): void {
    this.#answer(refuse(this.#exchange, interrupted(reason).error))
  }
  #came(result: PipelineResult): void {
    const exchange = this.#exchange
    exchange.cut.forget(this)
    if (Result.isFailure(result)) {
      return this.#answer(refuse(exchange, failureOf(exchange, result.failure, this.#serving.isStopping())))
    }
    const answer = result.success
    if (exchange.answering === undefined) {
      exchange.finish({ status: answer.status, ending: "complete", errorCode: null, error: null, cost: null })
    }
    this.#answer(answer)
  }
  #broke(defect: unknown): void {
    const exchange = this.#exchange
    exchange.cut.forget(this)
    reportDefect(exchange.id, defect)
    this.#answer(refuse(exchange, internal(exchange.id)))
  }
  #answer(answer: Answer): void {
    this.#serving.running.answered(this.#exchange)
    try {
      this.#resolve(this.#form(finished(this.#serving, this.#exchange, answer)))
    } catch (defect) {
      this.#reject(defect)
    }
  }
}

/** What a host makes of an answer. */
export type AnswerForm<A> = (answer: Answer) => A

/** Serves a request. Never rejects. */
export const serveRequest = <A>(
  serving: Serving,
  request: Request,
  host: HostContext,
  form: AnswerForm<A>,
): Promise<A> => {
  const { settings, metrics, running } = serving
  const [exchange, url] = openExchange(request, host, settings, serving.publish)
  running.began()
  metrics.began(exchange.method, exchange.scheme)
  const refusal = url === undefined ? unreadableUrl() : serving.isStopping() ? draining() : undefined
  return refusal === undefined
    ? new Promise((resolve, reject) => new Unanswered(serving, exchange, form, resolve, reject).begin())
    : Promise.resolve(form(finished(serving, exchange, refuse(exchange, refusal))))
}

/** Answers a request with an error, where there is nothing to serve it with. */
export const serveRefusal = (error: GatewayError, request: Request, host: HostContext): Answer => {
  const [exchange] = openExchange(request, host, undefined, ({ done }) => done?.())
  const answer = refuse(exchange, error)
  addIds(answer.headers, exchange)
  return answer
}

/** What requests are served with, unless settings that were written through the management API stand in the way. */
export interface ServingWritten extends Serving {
  readonly written: Pick<WrittenSettings["Service"], "obstacle">
}

/** Whether a request is the operator's: the management API, a health check. */
const isOfOperator = (request: Request): boolean =>
  !/^[^?#]*:\/\/[^/?#]*\/+(?:v1|client\/+v4\/+accounts\/+[^/]+\/+ai)\//.test(request.url)

/** Serves a request, once the settings that were written are read; calls are refused if they cannot be used. */
export const serveUnlessHindered = <A>(
  serving: ServingWritten,
  request: Request,
  host: HostContext,
  form: AnswerForm<A>,
): Promise<A> => {
  const obstacle = serving.written.obstacle(host.waitUntil)
  if (obstacle === undefined) return serveRequest(serving, request, host, form)
  return Promise.resolve(
    whenReady(
      obstacle,
      (problem) =>
        problem === undefined || isOfOperator(request)
          ? serveRequest(serving, request, host, form)
          : form(serveRefusal(misconfigured(problem), request, host)),
    ),
  )
}
