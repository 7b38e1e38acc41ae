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
import { addCors } from "./headers/cors.ts"
import { cutByDraining, draining, type GatewayError, misconfigured, unreadableUrl } from "./errors.ts"
import { type Exchange, type HostContext, openExchange } from "./exchange.ts"
import { type HostCapabilities, layerDefault } from "./layers.ts"
import type { RequestLog } from "./request-log/RequestLog.ts"
import { pipeline, type PipelineServices } from "./pipeline.ts"
import { failureOf, refuse, withIds } from "./lifecycle/refusal.ts"
import { noneRunning, within } from "./lifecycle/running-requests.ts"
import { Prices } from "./pricing/Prices.ts"
import { StreamRelay } from "./relay/StreamRelay.ts"
import { Transport } from "./upstream/Transport.ts"
import { urlOf } from "./route/request-url.ts"
import { HeaderFields } from "./headers/header-fields.ts"
import { isAdminPath } from "./route/admin-paths.ts"
import { Store } from "./store/Store.ts"
import { Metrics } from "./telemetry/metrics/Metrics.ts"
import { Telemetry } from "./telemetry/Telemetry.ts"
import { type FinishedExchange, makePublisher } from "./lifecycle/publish-records.ts"
import { reportDefect, stackFrames } from "./redaction/stack-frames.ts"

/** What a gateway is made of. */
export interface GatewayOptions {
  /** The variables (`lib/config/README.md`). Read at the first request. */
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
  readonly fetch: (request: Request, context?: HostContext) => Promise<Response>
  /**
   * Refuses new requests from now on, and ends those that run once `grace` milliseconds are over, 0 unless given: as
   * `draining`, with 503 where there is no answer yet. Resolves when the last records are told and the services closed,
   * at the latest six seconds after the grace: what hangs then is left behind. Never rejects.
   */
  readonly dispose: (options?: { readonly grace?: number }) => Promise<void>
  /** Resolves once no request is running. */
  readonly idle: () => Promise<void>
  /**
   * Calls back when new requests are refused, at once where that is so already: for a host's sockets, which outlast the
   * requests that come over them.
   *
   * @returns forgets the callback
   */
  readonly onStop: (callback: () => void) => () => void
}

const report = (cause: unknown): void =>
  console.error(
    JSON.stringify({ level: "error", msg: "the gateway cannot end in order", at: stackFrames(cause) }),
  )

type Run = <A, E>(effect: Effect.Effect<A, E, PipelineServices | Telemetry>) => Fiber.Fiber<A, E>

/** How long the last records may take, and then the services to close, in milliseconds. */
const patience = { records: 2_000, services: 3_500 }

interface Engine {
  readonly settings: SettingsShape
  readonly metrics: Metrics["Service"]
  readonly telemetry: Telemetry["Service"]
  readonly prices: Prices["Service"]
  /** Runs an effect over the services. */
  readonly run: Run
  /** Holds what the services have opened. */
  readonly scope: Scope.Closeable
}
type Served = Engine & { readonly publish: (finished: FinishedExchange) => void }

const start = (options: GatewayOptions, host: HostCapabilities): Result.Result<Engine, string> => {
  const env = typeof options.env === "function" ? options.env() : options.env ?? {}
  return Result.map(readSettings(env), (settings) => {
    const base = Layer.mergeAll(
      options.log ?? host.log,
      options.transport ?? Transport.layerFetch(),
      options.store ?? Store.layerMemory(host.memory),
    ).pipe(Layer.provideMerge(Layer.merge(host.clock ?? Layer.empty, Settings.layerOf(settings))))
    const own = options.layer ?? Layer.empty
    // The default layers read its references, such as `LogLine`, as they are built.
    const layer = Layer.mergeAll(layerDefault(host).pipe(Layer.provide(own)), own).pipe(
      Layer.provideMerge(base),
    )
    const scope = Scope.makeUnsafe()
    const services = Effect.runSync(Layer.buildWithScope(layer, scope))
    return {
      settings,
      metrics: Context.get(services, Metrics),
      telemetry: Context.get(services, Telemetry),
      prices: Context.get(services, Prices),
      scope,
      run: Effect.runForkWith(services),
    }
  })
}

/** Starts, whatever the functions and layers of the embedding app do. */
const started: typeof start = (options, host) => {
  try {
    return start(options, host)
  } catch (cause) {
    console.error(JSON.stringify({ level: "error", msg: "the gateway cannot start", at: stackFrames(cause) }))
    return Result.fail("its env or one of its layers throws, as its log says")
  }
}

/** Resolves when a fiber has ended, however it has; `undefined` if it has already. */
const ended = (fiber: Fiber.Fiber<unknown, unknown>): Promise<void> | undefined =>
  fiber.pollUnsafe() === undefined
    ? new Promise((resolve) => void fiber.addObserver(() => resolve()))
    : undefined

const finalize = Effect.fnUntraced(function* ({ after, record }: Exchange) {
  for (let next = after.shift(); next !== undefined; next = after.shift()) {
    yield* Effect.catchCause(
      next,
      (cause) => Effect.sync(() => reportDefect(record.request_id, Cause.squash(cause))),
    )
  }
})

/** Does what the stages of a request have put off. A defect in it is reported, and takes nothing of the rest with it. */
const settle = (exchange: Exchange, run: Run): Promise<void> | undefined =>
  exchange.after.length === 0 ? undefined : ended(run(finalize(exchange)))

const noUrl = new URL("http://host.invalid/")

/**
 * Makes a gateway. Nothing happens before its first request.
 *
 * Malformed settings do not throw: each request then gets 500 with the variable's name.
 */
export const makeGateway = (options: GatewayOptions, host: HostCapabilities): Gateway => {
  let engine: Result.Result<Served, string> | undefined
  let stopping = false
  const onStop = new Set<() => void>()
  const running = noneRunning()

  const begin = (): Result.Result<Served, string> =>
    Result.map(started(options, host), (engine) => ({
      ...engine,
      publish: makePublisher({
        ...engine,
        refreshPrices: () => {
          const { prices, run } = engine
          if (!stopping && prices.isRefreshDue()) return ended(run(prices.refreshIfDue))
        },
        detached: host.backgroundWork ?? true,
        onPublished: running.told,
      }),
    }))

  const answerOf = (exchange: Exchange, exit: Exit.Exit<Response, GatewayError>): Response => {
    if (Exit.isFailure(exit)) {
      const error = failureOf(exchange, exit)
      if (!stopping || error.reason !== "client_left") return refuse(exchange, error)
      // Deno (2.9.6) breaks uploads off when its process is told to stop: that client has not left.
      exchange.interruption ??= "draining"
      return refuse(exchange, exchange.interruption === "draining" ? cutByDraining() : error)
    }
    exchange.interruption = undefined
    if (exchange.record.upstream_status === null) {
      exchange.record.status = exit.value.status
      exchange.finish("complete")
    }
    return exit.value
  }

  const dispose = async (grace = 0): Promise<void> => {
    stopping = true
    for (const callback of onStop) callback()
    if (engine === undefined || Result.isFailure(engine)) return
    const { run, scope } = engine.success
    if (grace > 0) await within(grace, running.idle())
    const ended = running.end(patience.records)
    run(Effect.map(StreamRelay, ({ drain }) => drain()))
    await ended
    await within(patience.services, Effect.runPromise(Scope.close(scope, Exit.void)).catch(report))
  }
  let disposed: Promise<void> | undefined

  /** Answers where the settings are sound. */
  const serve = (
    engine: Served,
    request: Request,
    context: HostContext,
  ): Promise<Response> => {
    const { settings, metrics, run, publish } = engine
    const headers = HeaderFields.of(request.headers)
    const url = urlOf({ headers, url: request.url })
    let done: (() => void) | undefined
    context.waitUntil?.(
      new Promise<void>((resolve) => {
        done = resolve
      }),
    )
    const exchange = openExchange(request, url ?? noUrl, headers, context, settings, (exchange) => {
      exchange.upload?.release()
      context.onEnd?.()
      publish({
        record: exchange.record,
        directive: exchange.collected,
        secrets: exchange.secrets,
        settle: () => settle(exchange, run),
        done,
      })
    })
    running.began()
    metrics.began(exchange.record.method, exchange.record.scheme)
    const finished = (response: Response): Response => {
      // Pages are for clients; the management API is for servers and command lines.
      if (!isAdminPath(exchange.url.pathname)) {
        addCors(response.headers, settings.corsOrigins, headers)
      }
      return withIds(response, exchange)
    }
    if (url === undefined) return Promise.resolve(finished(refuse(exchange, unreadableUrl())))
    if (stopping) return Promise.resolve(finished(refuse(exchange, draining())))
    const answered = running.answered(exchange, run(pipeline(exchange)))
    // After it counts as running: a client may have left already, which is told at once.
    exchange.onLeave(() => running.interrupt(exchange, "client_left"))
    return answered.then((exit) => finished(answerOf(exchange, exit)))
  }

  return {
    fetch: (request, context = {}) => {
      engine ??= begin()
      if (Result.isSuccess(engine)) return serve(engine.success, request, context)
      const exchange = openExchange(
        request,
        urlOf(request) ?? noUrl,
        HeaderFields.of(request.headers),
        context,
        undefined,
        () => context.onEnd?.(),
      )
      return Promise.resolve(withIds(refuse(exchange, misconfigured(engine.failure)), exchange))
    },
    idle: running.idle,
    onStop: (callback) => {
      if (stopping) callback()
      else onStop.add(callback)
      return () => void onStop.delete(callback)
    },
    dispose: (options) => disposed ??= dispose(options?.grace),
  }
}
