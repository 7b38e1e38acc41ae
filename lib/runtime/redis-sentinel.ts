/**
 * Redis Sentinel: sentinels are asked for the primary before each connection to it.
 *
 * A connection ends with its server, and is dropped if its server has become a replica; the next command asks the
 * sentinels again. That is all that a fail-over takes, and it works with either client, whereas `@redis/client`'s own
 * support follows sentinels in the background, and does not exist for Bun's client.
 *
 * @module
 */
import { RedisError } from "../store/redis/redis-link.ts"
import type { Client, ConnectRedis } from "./redis-connection.ts"

/** Whether a server says that it is no longer the primary. */
export const isDemoted = (cause: unknown): boolean =>
  cause instanceof RedisError && /^(?:READONLY|MASTERDOWN|LOADING) /.test(cause.message)

/** Asks one sentinel; `undefined` if it does not know the primary. */
const primaryBy = async (
  sentinel: string,
  name: string,
  connect: ConnectRedis,
): Promise<string | undefined> => {
  let client: Client | undefined
  try {
    client = await connect(sentinel, () => {})
    const answer = await client.send(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name], "")
    if (!Array.isArray(answer)) return undefined
    const [host = "", port = ""] = answer.map(String)
    return `${host.includes(":") ? `[${host}]` : host}:${port}`
  } catch {
    return undefined
  } finally {
    client?.close()
  }
}

/**
 * Connects to the primary that the sentinels name. Rejects if none of them names one.
 *
 * @param url `redis+sentinel://`, whose credentials are those of the servers; sentinels are asked without credentials
 * @param nodes other sentinels, as `host:port`
 */
export const connectSentinel =
  (url: string, nodes: ReadonlyArray<string>, connect: ConnectRedis): ConnectRedis => async (_, onClose) => {
    const { protocol, host, pathname, username, password } = new URL(url)
    const [, name = "", database = ""] = pathname.split("/")
    for (const sentinel of [host, ...nodes]) {
      const primary = await primaryBy(`redis://${sentinel}`, decodeURIComponent(name), connect)
      if (primary === undefined) continue
      const login = username === "" && password === "" ? "" : `${username}:${password}@`
      return await connect(`${protocol.replace("+sentinel", "")}//${login}${primary}/${database}`, onClose)
    }
    throw new Error("no sentinel knows the primary")
  }
