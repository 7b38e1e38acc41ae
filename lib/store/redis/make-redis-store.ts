/**
 * The store whose counts are in a Redis, or a compatible server.
 *
 * @module
 */
import { makeRemoteStore, type RemoteStore, type RemoteStoreOptions } from "../remote-store.ts"
import type { Engine } from "../engine.ts"
import { makeRedisCounts } from "./redis-counts.ts"
import { makeRedisValues } from "./redis-values.ts"
import { RedisError, type RedisLink } from "./redis-link.ts"

/** The parts and options of a store in Redis. */
export interface RedisStoreOptions extends Omit<RemoteStoreOptions, "engine"> {
  readonly link: RedisLink
}

/** A Redis as the engine of a store. */
export const redisEngine = (link: RedisLink, wall: () => number): Engine => ({
  ...makeRedisCounts(link, wall),
  values: makeRedisValues(link),
  name: link.name,
  inOrder: link.inOrder,
  ping: () => link.send(["PING"], ""),
  refusal: (cause) => cause instanceof RedisError ? cause.message.slice(0, 200) : undefined,
  reset: link.reset,
  close: link.close,
})

/** Creates the store, which starts to connect if the runtime allows background work. */
export const makeRedisStore = ({ link, ...options }: RedisStoreOptions): RemoteStore =>
  makeRemoteStore({ ...options, engine: redisEngine(link, options.clock.wall) })
