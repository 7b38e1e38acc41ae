/**
 * The store in Redis as a layer.
 *
 * @module
 */
import type * as Layer from "effect/Layer"
import { layerOverEngine, type RemoteOptions } from "../layer-remote.ts"
import type { Store } from "../Store.ts"
import { redisEngine } from "./make-redis-store.ts"
import type { RedisLink } from "./redis-link.ts"

/** The store over a link, which is closed with the layer. */
export const layerOverLink = (
  makeLink: () => RedisLink,
  options: RemoteOptions = {},
): Layer.Layer<Store> => layerOverEngine((wall) => redisEngine(makeLink(), wall), options)
