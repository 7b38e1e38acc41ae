/**
 * The gateway: a `fetch` handler and a way to end it. The only place where an Effect is run.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { type Environment, readSettings, type SettingsShape } from "./config/environment.ts"
import { Settings } from "./config/Settings.ts"
import { addCors } from "./cors.ts"
import { errorResponse } from "./error-response.ts"
import { clientLeft, draining, type GatewayError, internal, misconfigured, unreadableUrl } from "./errors.ts"
import { type Exchange, openExchange, type RequestContext } from "./exchange.ts"
import { type HostTraits, layerDefault } from "./layers.ts"
import type { RequestLog } from "./log/RequestLog.ts"
import { pipeline, type Stages } from "./pipeline.ts"
import { Prices } from "./prices/Prices.ts"
import { StreamRelay } from "./relay/StreamRelay.ts"
import { Transport } from "./relay/Transport.ts"
import { urlOf } from "./request/request-url.ts"
import { isAdminPath } from "./route/admin-routes.ts"
import { Store } from "./store/Store.ts"
import { Metrics } from "./telemetry/Metrics.ts"
import type { RequestRecord } from "./telemetry/request-record.ts"
import { scrubbedRecord } from "./telemetry/scrubbed-record.ts"
import { Telemetry } from "./telemetry/Telemetry.ts"
import { whereabouts } from "./whereabouts.ts"

/** What a gateway is made of. */
export interface GatewayOptions {
  /** The variables of the README's table. Read at the first request. */
  readonly env?: Environment | (() => Environment)
  /** How requests reach Baseten; the runtime's `fetch` by default. */
  readonly transport?: Layer.Layer<Transport>
  /** Where counters and cached answers are kept; the memory of the process by default. */
  readonly store?: Layer.Layer<Store>
  /**
   * Where the log keeps its entries; by default the file that `BASEGATE_DB` names, or the memory of the process where it
   * names none.
   */
  readonly log?: Layer.Layer<RequestLog, never, Settings>
  /**
   * Services to use in place of the default ones: one of the four, several, or any other stage. They must build
   * without waiting: on Workers one request would hang another.
   */
  readonly layer?: Layer.Layer<never, never, RequestLog | Settings | Store | Transport>
}

/** A running gateway. */
export interface Gateway {
  /**
   * Answers a request. Never rejects.
   *
   * @param context what the platform lends; a Worker's `ctx` will do
   */
  readonly fetch: (request: Request, context?: RequestContext) => Promise<Response>
  /** Refuses new requests, ends running streams as `draining`, and waits for the last records. */
  readonly dispose: () => Promise<void>
  /** Resolves once no request is running. */
  readonly idle: () => Promise<void>
}

interface Engine {
  readonly settings: SettingsShape
  readonly metrics: Metrics["Service"]
  /** Runs an effect over the services. */
  readonly run: <A, E>(effect: Effect.Effect<A, E, Stages | Telemetry>) => Fiber.Fiber<A, E>
  /** Holds what the services have opened. */
  readonly scope: Scope.Closeable
}

const start = (options: GatewayOptions, host: HostTraits): Result.Result<Engine, string> => {
  const env = typeof options.env === "function" ? options.env() : options.env ?? {}
  return Result.map(readSettings(env), (settings) => {
    const base = Layer.mergeAll(
      options.log ?? host.log,
      options.transport ?? Transport.layerFetch(),
      options.store ?? Store.layerMemory(host.memory),
    ).pipe(Layer.provideMerge(Settings.layerOf(settings)))
    const layer = Layer.mergeAll(layerDefault(host), options.layer ?? Layer.empty).pipe(
      Layer.provideMerge(base),
    )
    const scope = Scope.makeUnsafe()
    const services = Effect.runSync(Layer.buildWithScope(layer, scope))
    const metrics = Context.get(services, Metrics)
    return { settings, metrics, scope, run: Effect.runForkWith(services) }
  })
}

/** Starts, whatever the functions and layers of the embedding app do. */
const started: typeof start = (options, host) => {
  try {
    return start(options, host)
  } catch (cause) {
    console.error(JSON.stringify({ level: "error", msg: "the gateway cannot start", at: whereabouts(cause) }))
    return Result.fail("its env or one of its layers throws, as its log says")
  }
}

const failureOf = (exchange: Exchange, exit: Exit.Failure<Response, GatewayError>): GatewayError => {
  const { cause } = exit
  const failure = Cause.findErrorOption(cause)
  if (failure._tag === "Some") return failure.value
  if (Cause.hasInterruptsOnly(cause)) return clientLeft()
  const { request_id } = exchange.record
  console.error(
    JSON.stringify({ level: "error", msg: "internal", request_id, at: whereabouts(Cause.squash(cause)) }),
  )
  return internal(request_id)
}

/** The ids that Cloudflare's answers carry; log and request id are one, the event id may be the caller's. */
const withIds = (response: Response, { record }: Exchange): Response => {
  response.headers.set("cf-aig-request-id", record.request_id)
  response.headers.set("cf-aig-log-id", record.request_id)
  response.headers.set("cf-aig-event-id", record.event_id)
  return response
}

const refused = (exchange: Exchange, error: GatewayError): Response => {
  const { record } = exchange
  record.status = error.status
  record.error_code = error.code
  record.error = error.reason
  record.cost = 0
  exchange.finish(error.reason === "client_left" ? "client_left" : record.ending)
  const response = errorResponse(error, exchange.secrets())
  return exchange.request.method === "HEAD" ? new Response(null, response) : response
}

const noUrl = new URL("http://host.invalid/")

/**
 * Makes a gateway. Nothing happens before its first request.
 *
 * Malformed settings do not throw: each request then gets 500 with the variable's name.
 */
export const makeGateway = (options: GatewayOptions, host: HostTraits): Gateway => {
  let engine: Result.Result<Engine, string> | undefined
  let stopping = false
  /** Requests whose record is yet to be told. */
  let running = 0
  const resting: Array<() => void> = []
  /** Requests that have ended, to be told of at the next turn. */
  let due: Array<Ended> = []

  const answerOf = (exchange: Exchange, exit: Exit.Exit<Response, GatewayError>): Response => {
    if (Exit.isFailure(exit)) return refused(exchange, failureOf(exchange, exit))
    if (exchange.record.upstream_status === null) {
      exchange.record.status = exit.value.status
      exchange.finish("complete")
    }
    return exit.value
  }

  const tellAll = ({ settings, metrics, run }: Engine, ended: ReadonlyArray<Ended>): void => {
    for (const { exchange } of ended) metrics.ended(exchange.record.method, exchange.record.scheme)
    const telling = ended.map(({ exchange, done }) => ({ done, told: run(tell(exchange, settings)) }))
    const refreshed = settings.basetenKey === undefined || stopping ? undefined : run(refreshPrices)
    for (const { done, told } of telling) {
      told.addObserver(() => {
        running--
        if (running === 0) resting.splice(0).forEach((resume) => resume())
        if (done === undefined) return
        if (refreshed === undefined) done()
        else refreshed.addObserver(done)
      })
    }
  }
  /**
   * Lets the answer go out first, and tells of all that have ended by then. What comes in next is read after that, and so
   * finds the books up to date. On Workers no request can rely on another to tell of it, nor on a turn after its answer
   * unless the platform waits for it.
   */
  const tellSoon = (engine: Engine, ended: Ended): void => {
    const alone = (): void => tellAll(engine, [ended])
    if (soon === undefined || (host.detached === false && ended.done === undefined)) {
      return void Promise.resolve().then(alone)
    }
    if (host.detached === false) return void soon(alone)
    if (due.push(ended) > 1) return
    soon(() => {
      const all = due
      due = []
      tellAll(engine, all)
    })
  }

  const idle = async (): Promise<void> => {
    if (running > 0) await new Promise<void>((resolve) => resting.push(resolve))
  }

  const dispose = async (): Promise<void> => {
    stopping = true
    if (engine === undefined || Result.isFailure(engine)) return
    const { run, scope } = engine.success
    run(Effect.flatMap(StreamRelay, ({ drain }) => drain))
    await idle()
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
  let disposed: Promise<void> | undefined

  /** Answers where the settings are sound. */
  const serve = (
    engine: Engine,
    request: Request,
    context: RequestContext,
  ): Promise<Response> => {
    const { settings, metrics, run } = engine
    const url = urlOf(request)
    let done: (() => void) | undefined
    context.waitUntil?.(
      new Promise<void>((resolve) => {
        done = resolve
      }),
    )
    const exchange = openExchange(request, url ?? noUrl, context, settings, (exchange) => {
      tellSoon(engine, { exchange, done })
    })
    running++
    metrics.began(exchange.record.method, exchange.record.scheme)
    const finished = (response: Response): Response => {
      // Pages are for clients; the management API is for servers and command lines.
      if (!isAdminPath(exchange.url.pathname)) {
        addCors(response.headers, settings.corsOrigins, request.headers)
      }
      return withIds(response, exchange)
    }
    if (url === undefined) return Promise.resolve(finished(refused(exchange, unreadableUrl())))
    if (stopping) return Promise.resolve(finished(refused(exchange, draining())))
    const answering = run(pipeline(exchange))
    exchange.onLeave(() => answering.interruptUnsafe())
    return new Promise<Exit.Exit<Response, GatewayError>>((resolve) => answering.addObserver(resolve))
      .then((exit) => finished(answerOf(exchange, exit)))
  }

  return {
    fetch: (request, context = {}) => {
      engine ??= started(options, host)
      if (Result.isSuccess(engine)) return serve(engine.success, request, context)
      const exchange = openExchange(request, urlOf(request) ?? noUrl, context, undefined, () => {})
      return Promise.resolve(withIds(refused(exchange, misconfigured(engine.failure)), exchange))
    },
    idle,
    dispose: () => disposed ??= dispose(),
  }
}

const refreshPrices = Effect.flatMap(Prices, ({ refreshIfDue }) => refreshIfDue)

/** A request that has ended, and who waits for its record to be told. */
interface Ended {
  readonly exchange: Exchange
  readonly done: (() => void) | undefined
}

/** What is left to do for a request that has ended: what its stages have put off, then its record. */
const tell = Effect.fnUntraced(function* (exchange: Exchange, settings: SettingsShape) {
  const { record } = exchange
  for (const effect of exchange.after) yield* effect
  if (isProbe(record)) return
  const telemetry = yield* Telemetry
  yield* telemetry.record(
    scrubbedRecord(record, exchange.secrets(), isListed(record, settings)),
    exchange.collected,
  )
})

/** Health probes and scrapes come every few seconds and say nothing: they leave no record, unless they are refused. */
const isProbe = ({ path, status }: RequestRecord): boolean =>
  status < 400 && ["/livez", "/readyz", "/metrics"].includes(path)

const { setImmediate: soon } = globalThis as { readonly setImmediate?: (run: () => void) => unknown }

/** Whether the settings name a record's gateway; under `*` callers choose names. */
const isListed = ({ account_id, gateway_id }: RequestRecord, settings: SettingsShape): boolean =>
  settings.gateway(account_id ?? "", gateway_id ?? "")?.id === `${account_id}/${gateway_id}`
