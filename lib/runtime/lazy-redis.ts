/**
 * A connection to a Redis whose client is loaded when it is first used, so that gateways without one do not pay for
 * it.
 *
 * @module
 */
import { shownAddress } from "../config/store-settings.ts"
import type { RedisLink } from "../store/redis/redis-link.ts"

/** Makes the link. */
export const makeLazyLink = (url: string): RedisLink => {
  let link: RedisLink | undefined
  let isClosed = false
  const loaded = async (): Promise<RedisLink> => {
    const { makeTcpLink } = await import("./redis-connection.ts")
    if (isClosed) throw new Error("the connection is closed")
    return link ??= makeTcpLink(url)
  }
  return {
    name: shownAddress(url),
    inOrder: true,
    send: async (command, key) => await (link ?? await loaded()).send(command, key),
    reset: () => link?.reset(),
    close: () => {
      isClosed = true
      link?.close()
    },
  }
}
