/**
 * A gateway in this process, for the demo, which keeps its records in memory and exposes them.
 *
 * @module
 */
import { createServer, type Server } from "node:http"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RequestRecord } from "../record/request-record.ts"
import type { Payloads } from "../request-log/entry.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { createGateway } from "../runtime/module.ts"
import { nodeListener } from "../runtime/node-listener.ts"
import { Store, storeInMemory } from "../store/Store.ts"
import { Telemetry } from "../telemetry/Telemetry.ts"
import { plainClock } from "../time/clock.ts"
import { spendBefore } from "./demo-spend.ts"

/** A running gateway. */
export interface DemoGateway {
  readonly url: string
  readonly records: () => ReadonlyArray<RequestRecord>
  readonly stop: () => Promise<void>
}

/** A request from before the demo, with its logged bodies. */
export interface PastRequest {
  readonly record: RequestRecord
  readonly payloads?: Payloads
}

/** The options of a demo's gateway. */
export interface DemoOptions {
  readonly variables: Readonly<Record<string, string>>
  /** Requests that are in the log, and charged to the budgets, from the beginning. */
  readonly past?: ReadonlyArray<PastRequest>
  /** The preferred port; if it is taken or not given, any free port is used. */
  readonly port?: number
}

/** Starts a demo's gateway. */
export type StartDemoGateway = (options: DemoOptions) => Promise<DemoGateway>

/** Enough for some weeks of the demo's traffic. */
const room = { maxEntries: 50_000, maxBytes: 268_435_456 }

const logWith = (past: ReadonlyArray<PastRequest>) =>
  Layer.effect(
    RequestLog,
    Effect.map(RequestLog, (log) => {
      for (const { record, payloads } of past) void log.append(record, payloads)
      return log
    }),
  ).pipe(Layer.provide(RequestLog.layerMemory(room)))

const storeWith = ({ variables, past = [] }: DemoOptions): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.map(plainClock, (clock) => {
      const store = storeInMemory(clock)
      void spendBefore(store, clock, variables, past.map(({ record }) => record))
      return store
    }),
  )

const listens = (server: Server, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const failed = (): void => resolve(false)
    server.once("error", failed)
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed)
      resolve(true)
    })
  })

/** Starts a gateway on the loopback address. */
export const startDemoGateway: StartDemoGateway = async (options) => {
  const { variables, past = [], port = 0 } = options
  const records: Array<RequestRecord> = []
  const gateway = createGateway({
    env: { ...variables, LOG_LEVEL: "none" },
    log: logWith(past),
    store: storeWith(options),
    layer: Layer.effect(
      Telemetry,
      Effect.map(RequestLog, (log) => ({
        record: (record, { shouldLog, payloads }) => {
          records.push(record)
          return shouldLog ? log.append(record, payloads) : undefined
        },
      })),
    ),
  })
  const server = createServer(nodeListener(gateway.handle, true))
  if (!await listens(server, port)) await listens(server, 0)
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    records: () => records,
    stop: async () => {
      server.close()
      await gateway.dispose()
      server.closeAllConnections()
    },
  }
}
