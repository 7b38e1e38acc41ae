/**
 * A gateway in this process, for the demo: it keeps its records in memory, and gives them out.
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

/** A gateway that runs. */
export interface DemoGateway {
  readonly url: string
  readonly records: () => ReadonlyArray<RequestRecord>
  readonly stop: () => Promise<void>
}

/** A request of before the demo, with the bodies that the log has of it. */
export interface PastRequest {
  readonly record: RequestRecord
  readonly payloads?: Payloads
}

/** What a demo's gateway is started with. */
export interface DemoOptions {
  readonly variables: Readonly<Record<string, string>>
  /** What its log has from the beginning, and its budgets have paid for. */
  readonly past?: ReadonlyArray<PastRequest>
  /** Where it listens if that is free; else, and without it, on a free port. */
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
