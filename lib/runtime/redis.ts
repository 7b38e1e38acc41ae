/**
 * `basegate/redis`: counts in a Redis, for an app that embeds the gateway.
 *
 * ```ts ignore
 * import { createGateway } from "basegate"
 * import { layerRedis } from "basegate/redis"
 *
 * const gateway = createGateway({ store: layerRedis({ url: "redis://127.0.0.1:6379" }) })
 * ```
 *
 * @module
 */
import type * as Layer from "effect/Layer"
import { expectedStore, isStoreUrl, storeProblem, storeSettings } from "../config/store-settings.ts"
import type { Store } from "../store/Store.ts"
import { layerShared } from "./shared-store.ts"
import { makeTcpLink } from "./redis-connection.ts"

/** Where the Redis is. */
export interface RedisOptions {
  /** `redis://` or `rediss://`, or `https://` for a Redis over HTTP, as for `BASEGATE_STORE`. */
  readonly url: string
  /** The token of a Redis over HTTP. */
  readonly token?: string
}

/** The store in a Redis. Throws if the options are invalid. Connects when the first limit is counted. */
export const layerRedis = ({ url, token }: RedisOptions): Layer.Layer<Store> => {
  if (!isStoreUrl(url)) throw new Error(`layerRedis: url: expected ${expectedStore}`)
  const problem = storeProblem(url, token)
  const settings = storeSettings(url, token)
  if (problem !== undefined || settings === undefined) throw new Error(`layerRedis: token: ${problem}`)
  return layerShared(settings, makeTcpLink)
}
