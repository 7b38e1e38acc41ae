/** The contract's subjects that count, on gateways whose counts are in a real Redis. */
import { test } from "node:test"
import { makeTcpLink } from "../../../lib/runtime/redis-connection.ts"
import { type RedisServer, startRedis, withoutRedis } from "../../support/redis-server.ts"
import { type RestSimulator, startRestSimulator } from "../../support/rest-simulator.ts"
import type { Runtime } from "../../support/spawn-gateway.ts"
import { contract } from "../contract.ts"
import type { SharedStore } from "../harness.ts"

/** What counts, or is told of it. */
export const counting: ReadonlyArray<string> = [
  "cache",
  "limits",
  "limit partitions",
  "limit states",
  "spend limits",
  "spend rules",
  "reserved budgets",
]

/**
 * The same without budgets that one call after the other uses up: over HTTP a cost is counted a trip after its answer, so
 * that a call which follows at once is told to come back in a second.
 */
export const countingAtOnce: ReadonlyArray<string> = [
  "cache",
  "limits",
  "limit partitions",
  "reserved budgets",
]

/** A machine that is busy with other tests answers late. */
const patience = "?timeout=5000"

/** A Redis that is reached by its own protocol. */
export const overTcp = (): SharedStore => {
  let redis: RedisServer | undefined
  return {
    open: async () => {
      redis = await startRedis()
      return { BASEGATE_STORE: `${redis.url}${patience}` }
    },
    close: async () => await redis?.kill(),
  }
}

/** One that is reached over HTTP. */
export const overHttp = (): SharedStore => {
  let redis: RedisServer | undefined
  let rest: RestSimulator | undefined
  return {
    open: async () => {
      redis = await startRedis()
      rest = await startRestSimulator(makeTcpLink(redis.url))
      return { BASEGATE_STORE: `${rest.url}${patience}`, BASEGATE_STORE_TOKEN: rest.token }
    },
    close: async () => {
      await rest?.close()
      await redis?.kill()
    },
  }
}

/** Declares subjects on one runtime with a shared store, or says why they are skipped. */
export const sharedContract = (
  runtime: Runtime,
  subjects: ReadonlyArray<string>,
  shared: SharedStore,
): void => {
  if (withoutRedis === false) contract(runtime, subjects, shared)
  else test(`${runtime}, with a shared store`, { skip: withoutRedis })
}
