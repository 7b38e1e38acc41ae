/**
 * The store that `BASEGATE_STORE` names.
 *
 * @module
 */
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { StoreSettings } from "../config/store-settings.ts"
import type { MemoryOptions } from "../store/memory.ts"
import { layerOverLink } from "../store/redis/layer-redis.ts"
import type { RedisLink } from "../store/redis/redis-link.ts"
import { makeRestLink } from "../store/redis/rest-link.ts"
import type { Store } from "../store/Store.ts"

/**
 * The layer of a shared store.
 *
 * @param connect creates the link to a Redis that is reached by its own protocol
 */
export const layerShared = (
  { url, token, timeout: deadline }: StoreSettings,
  connect: (url: string) => RedisLink,
  options: MemoryOptions & { readonly hasBackground?: boolean } = {},
): Layer.Layer<Store> => {
  const address = Redacted.value(url)
  return layerOverLink(
    () => token === undefined ? connect(address) : makeRestLink({ url: address, token }),
    { ...options, ...deadline !== undefined && { deadline } },
  )
}
