/**
 * Every instrument of the gateway: those of OpenTelemetry's conventions (generative AI as of 1.42-dev, HTTP) with
 * their names, units and bounds, and the gateway's own.
 *
 * @module
 */
import type { Instrument } from "./instruments.ts"

const seconds = [.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const histogram = (
  name: string,
  unit: string,
  bounds: ReadonlyArray<number>,
  description: string,
): Instrument => ({
  name,
  unit,
  description,
  kind: "histogram",
  bounds,
})
const of = (kind: Instrument["kind"]) => (name: string, unit: string, description: string): Instrument => ({
  name,
  unit,
  description,
  kind,
})
const counter = of("counter")
const gauge = of("gauge")
const across = (across: NonNullable<Instrument["across"]>, instrument: Instrument): Instrument => ({
  ...instrument,
  across,
})

/** `client` instruments measure the gateway's calls to providers, `server` ones its callers' requests. */
export const catalogue = {
  tokenUsage: histogram(
    "gen_ai.client.token.usage",
    "{token}",
    [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
    "Tokens that answers reported.",
  ),
  operationDuration: histogram(
    "gen_ai.client.operation.duration",
    "s",
    seconds,
    "Time of a call to a provider, to the end of its answer.",
  ),
  timeToFirstChunk: histogram(
    "gen_ai.client.operation.time_to_first_chunk",
    "s",
    seconds,
    "Time of a streaming call to a provider, to its first chunk.",
  ),
  requestDuration: histogram(
    "gen_ai.server.request.duration",
    "s",
    seconds,
    "Time of a caller's request, to the end of its answer.",
  ),
  timeToFirstToken: histogram(
    "gen_ai.server.time_to_first_token",
    "s",
    [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10],
    "Time to the first token of an answer.",
  ),
  timePerOutputToken: histogram(
    "gen_ai.server.time_per_output_token",
    "s",
    [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5],
    "Time per output token of an answer after the first.",
  ),
  httpDuration: histogram(
    "http.server.request.duration",
    "s",
    [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10],
    "Time of an HTTP request, to the end of its answer.",
  ),
  activeRequests: of("updown_counter")(
    "http.server.active_requests",
    "{request}",
    "HTTP requests in flight.",
  ),
  endings: counter("basegate.request.endings", "{request}", "Requests by how they ended."),
  cacheHits: counter("basegate.cache.hits", "{request}", "Requests answered from the cache."),
  socketMessages: counter(
    "basegate.websocket.messages",
    "{message}",
    "Messages of WebSockets, by who sent them.",
  ),
  retries: counter("basegate.retries", "{attempt}", "Tries after the first."),
  cost: counter("basegate.cost.usd", "{USD}", "Cost of calls whose price is known."),
  exportDrops: counter(
    "basegate.otlp.dropped",
    "{item}",
    "Items that no collector took.",
  ),
  alerts: counter("basegate.alerts", "{alert}", "Alerts by whether their webhook took them."),
  logDrops: counter("basegate.log.dropped", "{entry}", "Log entries given up."),
  logPending: across("sum", gauge("basegate.log.pending", "{entry}", "Log entries that wait to be written.")),
  logEntries: gauge("basegate.log.entries", "{entry}", "Log entries held."),
  logHealthy: across(
    "least",
    gauge(
      "basegate.log.healthy",
      "{state}",
      "Whether the log is kept where it was asked to be.",
    ),
  ),
  storeOutages: counter(
    "basegate.store.outages",
    "{question}",
    "Questions that the store of limits did not answer in time.",
  ),
  storeOwed: across(
    "sum",
    gauge(
      "basegate.store.owed",
      "{charge}",
      "Charges that wait until the store of limits can be used.",
    ),
  ),
  storeHealthy: across(
    "least",
    gauge("basegate.store.healthy", "{state}", "Whether the store of limits can be used."),
  ),
  settingsReload: across(
    "least",
    gauge(
      "basegate.settings.reload.success",
      "{state}",
      "Whether the newest settings are in force (1), or older ones since those cannot be used (0).",
    ),
  ),
  settingsVersion: across(
    "least",
    gauge(
      "basegate.settings.version",
      "{version}",
      "How many settings have been in force since the start.",
    ),
  ),
  settingsTime: across(
    "least",
    gauge(
      "basegate.settings.time",
      "s",
      "When the settings that hold were put in force, in seconds since 1970.",
    ),
  ),
  workers: gauge("basegate.workers", "{process}", "Processes that share the port."),
  buildInfo: gauge("basegate.build.info", "{build}", "The version."),
} as const satisfies Record<string, Instrument>
