/**
 * The gateway: a `fetch` handler and a way to stop it. The only place where an Effect is run.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { AdminHost } from "./admin/AdminHost.ts"
import { JudgeRuns } from "./admin/evaluation/JudgeRuns.ts"
import { OwnCalls } from "./admin/evaluation/OwnCalls.ts"
import type { Environment, LoadedSettings } from "./config/environment.ts"
import type { SettingsDocument } from "./config/settings-types.ts"
import type { SettingsWatch } from "./config/settings-watch.ts"
import { Settings } from "./config/Settings.ts"
import { SettingsControl } from "./config/SettingsControl.ts"
import { type GatewayError, misconfigured } from "./errors.ts"
import type { HostContext } from "./exchange.ts"
import { type HostCapabilities, layerDefault, resolveServices } from "./layers.ts"
import { makePublisher } from "./lifecycle/publish-records.ts"
import { openWithSettings } from "./lifecycle/open-with-settings.ts"
import { RunningRequests, within } from "./lifecycle/running-requests.ts"
import {
  type AnswerForm,
  serveRefusal,
  serveRequest,
  serveUnlessHindered,
  type ServingWritten,
} from "./lifecycle/serve-request.ts"
import { type HandlerServices, makePipeline } from "./pipeline.ts"
import { stackFrames } from "./redaction/stack-frames.ts"
import { type Answer, toResponse } from "./relay/answer.ts"
import type { RequestLog } from "./request-log/RequestLog.ts"
import type { SettingsStore } from "./settings-store/SettingsStore.ts"
import { WrittenSettings } from "./settings-store/WrittenSettings.ts"
import type { Store } from "./store/Store.ts"
import { Telemetry } from "./telemetry/Telemetry.ts"
import { Metrics } from "./telemetry/metrics/Metrics.ts"
import { Peers } from "./telemetry/metrics/Peers.ts"
import { snapshotOf } from "./telemetry/metrics/snapshot.ts"
import { Transport } from "./upstream/Transport.ts"

/** The options of a gateway. */
export interface GatewayOptions {
  /** The variables (`lib/config/README.md`), read at the first request; by default those of the process. */
  readonly env?: Environment | (() => Environment)
  /**
   * The settings of gateways, as `BASEGATE_CONFIG` or a settings file would hold them: `{gateways, defaults}`. An error if
   * one of those is set as well.
   */
  readonly config?: SettingsDocument
  /** How requests reach providers; by default the runtime's `fetch`. */
  readonly transport?: Layer.Layer<Transport>
  /**
   * Where counters and cached answers are kept: by default in the memory of the process, and what was spent in the file
   * that `BASEGATE_DB` names, if it names one.
   */
  readonly store?: Layer.Layer<Store>
  /** Where the log keeps its entries; by default the file that `BASEGATE_DB` names, else the memory of the process. */
  readonly log?: Layer.Layer<RequestLog, never, Settings>
  /** Where settings are kept that are written through the management API; by default where the log is. */
  readonly settings?: Layer.Layer<SettingsStore, never, Settings>
  /**
   * Services to use in place of the default ones (`lib/README.md` lists them). They must build
   * synchronously: on Workers one request would otherwise wait for another.
   */
  readonly layer?: Layer.Layer<never, never, RequestLog | Settings | SettingsControl | Store | Transport>
}

/** A running gateway. */
export interface Gateway {
  /**
   * Answers a request. Never rejects.
   *
   * @param host what the platform lends; a Worker's `ctx` will do
   */
  readonly fetch: (request: Request, host?: HostContext) => Promise<Response>
  /**
   * The same for a host that does not need a `Response`, which costs more than everything else in an answer, or makes its
   * own.
   *
   * @param form what the host makes of the answer; the answer itself if not given
   */
  readonly handle: <A = Answer>(
    request: Request,
    host: HostContext,
    form?: (answer: Answer) => A,
  ) => Promise<A>
  /**
   * Refuses new requests, and after `grace` milliseconds (0 by default) ends the running ones: as `draining`, with 503 if
   * they have no answer yet. Resolves when the last records are published and the services closed, at the latest six
   * seconds after the grace: work that still hangs then is abandoned. Never rejects.
   */
  readonly dispose: (options?: { readonly grace?: number }) => Promise<void>
  /**
   * Serves on, but asks the client of each answer to take another connection (`Connection: close`, HTTP/1.1): for a host
   * that is about to close its connections while others serve, so that none of them is just being used.
   */
  readonly shedConnections: () => void
  /** Resolves once no request is running. */
  readonly idle: () => Promise<void>
  /**
   * Rereads the settings file, which also happens by itself when the file changes.
   *
   * @returns whether there is a settings file
   */
  readonly reload: () => boolean
  /** The largest request body that any of the gateways accepts, in bytes; 0 until the first request. */
  readonly largestBody: () => number
  /**
   * Calls back once new requests are refused, immediately if they already are: for a host's sockets, which outlive the
   * requests that come over them.
   *
   * @returns removes the callback
   */
  readonly onStop: (callback: () => void) => () => void
}

/** How long publishing the last records may take, and then closing the services, in milliseconds. */
const patience = { records: 2_500, services: 3_500 }

/** What runs once the settings are read. */
interface Engine extends ServingWritten {
  /** The settings file, if there is one. */
  readonly watch: SettingsWatch | undefined
  /** Cuts every body that is being relayed. */
  readonly drain: () => void
  /** The scope of everything that the services have opened. */
  readonly scope: Scope.Closeable
}

const start = (
  { settings, control, file }: LoadedSettings,
  options: GatewayOptions,
  host: HostCapabilities,
  running: RunningRequests,
  isStopping: () => boolean,
  isShedding: () => boolean,
): Engine => {
  const scope = Scope.makeUnsafe()
  const env = typeof options.env === "function" ? options.env() : options.env ?? {}
  const base = Layer.mergeAll(
    options.log ?? host.log,
    WrittenSettings.layer.pipe(Layer.provide(options.settings ?? host.settings)),
    options.transport ?? Transport.layerFetch(),
    options.store ?? host.store,
  ).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        host.clock ?? Layer.empty,
        host.peers === undefined ? Layer.empty : Layer.succeed(Peers, host.peers),
        Layer.succeed(OwnCalls, {
          call: (request, ownCall, lent) =>
            serveRequest(engine, request, { ...lent, ownCall, loopback: true }, toResponse),
        }),
        host.admin === undefined ? Layer.empty : Layer.succeed(AdminHost, host.admin(env)),
        Settings.layerOf(settings),
        SettingsControl.layerOf(control),
      ),
    ),
  )
  const own = options.layer ?? Layer.empty
  // The default layers read references, such as `LogLine`, while they are built.
  const layer = Layer.mergeAll(layerDefault(host).pipe(Layer.provide(own)), own).pipe(
    Layer.provideMerge(JudgeRuns.layer({ detached: host.backgroundWork ?? true })),
    Layer.provideMerge(base),
  )
  const context = Effect.runSync(Layer.buildWithScope(layer, scope))
  const services = Effect.runSync(Effect.provideContext(resolveServices, context))
  const runExit = Effect.runPromiseExitWith(context)
  host.peers?.offer(async () => {
    const exit = await runExit(Effect.map(Context.get(context, Metrics).families, snapshotOf))
    return Exit.isSuccess(exit) ? exit.value : {}
  })
  const run = async (
    effect: Effect.Effect<Response, GatewayError, HandlerServices>,
  ): Promise<Result.Result<Response, GatewayError>> => {
    const exit = await runExit(Effect.result(effect))
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  }
  const engine: Engine = {
    settings,
    written: Context.get(context, WrittenSettings),
    metrics: Context.get(context, Metrics),
    pipeline: makePipeline(services, run),
    running,
    isStopping,
    isShedding,
    publish: makePublisher({
      settings,
      metrics: Context.get(context, Metrics),
      telemetry: Context.get(context, Telemetry),
      alerts: services.alerts,
      refreshPrices: () => {
        if (!isStopping() && services.prices.isRefreshDue()) {
          return runExit(services.prices.refreshIfDue).then(() => {})
        }
      },
      detached: host.backgroundWork ?? true,
      onPublished: () => running.published(),
    }),
    drain: services.relay.drain,
    watch: file && host.files?.watch({ files: host.files, file, control, settings }),
    scope,
  }
  return engine
}

const asItIs = (answer: Answer): Answer => answer

/** A defect in the embedding app's functions or layers is reported, not thrown. */
const defective = (cause: unknown): Result.Result<never, string> => {
  console.error(JSON.stringify({ level: "error", msg: "the gateway cannot start", at: stackFrames(cause) }))
  return Result.fail("its env or one of its layers throws, as its log says")
}

/**
 * Creates a gateway. Nothing happens before its first request.
 *
 * Malformed settings do not throw: each request then gets 500 with the variable's name.
 */
export const makeGateway = (options: GatewayOptions, capabilities: HostCapabilities): Gateway => {
  let stopping = false
  let shedding = false
  const onStop = new Set<() => void>()
  const running = new RunningRequests()
  const once = openWithSettings({
    env: options.env,
    config: options.config,
    files: capabilities.files,
    start: (loaded) => start(loaded, options, capabilities, running, () => stopping, () => shedding),
    onDefect: defective,
  })

  const serve = <A>(request: Request, host: HostContext, form: AnswerForm<A>): Promise<A> => {
    const engine = once.get()
    if (engine instanceof Promise) return engine.then(() => serve(request, host, form))
    return Result.isSuccess(engine)
      ? serveUnlessHindered(engine.success, request, host, form)
      : Promise.resolve(form(serveRefusal(misconfigured(engine.failure), request, host)))
  }

  const dispose = async (grace = 0): Promise<void> => {
    stopping = true
    for (const callback of onStop) callback()
    const begun = once.begun()
    const engine = begun instanceof Promise ? await begun : begun
    if (engine === undefined) return
    const { drain, scope, watch } = engine
    watch?.stop()
    if (grace > 0) await within(grace, running.idle())
    running.cutUnanswered()
    drain()
    await within(patience.records, running.idle())
    const closed = Effect.runPromise(Scope.close(scope, Exit.void)).catch((cause) =>
      console.error(
        JSON.stringify({
          level: "error",
          msg: "the gateway cannot shut down cleanly",
          at: stackFrames(cause),
        }),
      )
    )
    await within(patience.services, closed)
  }
  let disposed: Promise<void> | undefined

  return {
    handle: <A>(request: Request, host: HostContext, form = asItIs as AnswerForm<unknown> as AnswerForm<A>) =>
      serve(request, host, form),
    // An app may have none to lend, and say so by null.
    fetch: (request, host) => serve(request, host ?? {}, toResponse),
    shedConnections: () => {
      shedding = true
    },
    idle: () => running.idle(),
    reload: () => {
      const engine = once.opened()
      // A file that has not been read, or not well, is read at the next request.
      if (engine === undefined) return once.hasFile()
      void engine.watch?.reload()
      return engine.watch !== undefined
    },
    largestBody: () => once.opened()?.settings.largestBody ?? 0,
    onStop: (callback) => {
      if (stopping) callback()
      else onStop.add(callback)
      return () => void onStop.delete(callback)
    },
    dispose: (options) => disposed ??= dispose(options?.grace),
  }
}
