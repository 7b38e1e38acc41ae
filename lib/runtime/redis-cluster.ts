/**
 * A Redis Cluster, by `@redis/client`, which knows the node of each key and follows slots that move. Bun's own client
 * does not support it.
 *
 * @module
 */
import { RedisError, type Reply } from "../store/redis/redis-link.ts"
import type { Client } from "./redis-connection.ts"

/** Whether a node says that it belongs to a Cluster, and does not have the key. */
export const isClusterRedirect = (cause: unknown): boolean =>
  cause instanceof RedisError && /^(?:MOVED|ASK) /.test(cause.message)

/**
 * Connects to the Cluster of a node. Rejects if no node answers.
 *
 * @param urls nodes, any of which can name the others; the first has the credentials
 * @param patience how long a connection may take, in milliseconds
 * @param onNodes called with the nodes that were found, as URLs
 */
export const connectCluster = async (
  urls: ReadonlyArray<string>,
  patience: number,
  onNodes: (urls: ReadonlyArray<string>) => void,
): Promise<Client> => {
  const { createCluster, ErrorReply } = await import("@redis/client").catch(() => {
    throw new Error(
      "the package @redis/client, which a Cluster needs, is not installed (a server in one file: redis-client.cjs is not " +
        "beside it)",
    )
  })
  const { username, password, protocol } = new URL(urls[0] ?? "redis://")
  const login = {
    ...username !== "" && { username: decodeURIComponent(username) },
    ...password !== "" && { password: decodeURIComponent(password) },
  }
  const cluster = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: {
      ...login,
      disableOfflineQueue: true,
      socket: {
        ...protocol === "rediss:" && { tls: true as const },
        connectTimeout: patience,
        reconnectStrategy: false,
      },
    },
  })
  // The command's own rejection reports what failed.
  cluster.on("error", () => {})
  await cluster.connect()
  const addressOf = ({ host, port }: { readonly host: string; readonly port: number }): string => {
    const url = new URL(urls[0] ?? "redis://")
    url.hostname = host.includes(":") ? `[${host}]` : host
    url.port = String(port)
    return url.href
  }
  onNodes([...cluster.masters, ...cluster.replicas].map(addressOf))
  return {
    send: async (command, key) => {
      try {
        return await cluster.sendCommand(key === "" ? undefined : key, false, [...command]) as Reply
      } catch (cause) {
        throw cause instanceof ErrorReply ? new RedisError(cause.message) : cause
      }
    },
    close: () => cluster.destroy(),
  }
}
