/**
 * A connection to a Redis by TCP: Bun's own client on Bun, `@redis/client` elsewhere.
 *
 * Both pipeline the commands of one turn of the event loop. Neither queues or retries commands here: a caller has its
 * own deadline, and a script must not be run twice. Only what a node of a Cluster has refused, and so has not run, is
 * sent again.
 *
 * @module
 */
import { parseStoreUrl, shownAddress, withHost } from "../config/store-settings.ts"
import { RedisError, type RedisLink, type Reply } from "../store/redis/redis-link.ts"
import { connectCluster, isClusterRedirect } from "./redis-cluster.ts"
import { connectSentinel, isDemoted } from "./redis-sentinel.ts"

/** The part of a client that is used here. */
export interface Client {
  /** @param key the first key, which determines the node of a Cluster */
  readonly send: (command: ReadonlyArray<string>, key: string) => Promise<Reply>
  readonly close: () => void
}

/** Connects. Rejects if that fails. */
export type ConnectRedis = (url: string, onClose: () => void) => Promise<Client>

/** How long a connection may take, in milliseconds. */
const patience = 2000

interface BunClient {
  readonly connect: () => Promise<void>
  readonly close: () => void
  readonly send: (command: string, args: ReadonlyArray<string>) => Promise<Reply>
  onclose: (() => void) | null
}

/** The part of Bun's API that is used here. */
interface WithBun {
  readonly Bun?: { readonly RedisClient: new (url: string, options: object) => BunClient }
}

/** Bun 1.4 marks errors from the server, as opposed to its own, by this code. */
const isOfServer = (cause: unknown): cause is Error =>
  cause instanceof Error && (cause as { readonly code?: string }).code === "ERR_REDIS_SERVER_ERROR"

const connectBun =
  (RedisClient: NonNullable<WithBun["Bun"]>["RedisClient"]): ConnectRedis => async (url, onClose) => {
    const client = new RedisClient(url, {
      connectionTimeout: patience,
      autoReconnect: false,
      enableOfflineQueue: false,
    })
    client.onclose = onClose
    await client.connect()
    return {
      send: async ([command = "", ...args]) => {
        try {
          return await client.send(command, args)
        } catch (cause) {
          throw isOfServer(cause) ? new RedisError(cause.message) : cause
        }
      },
      close: () => client.close(),
    }
  }

const connectNode: ConnectRedis = async (url, onClose) => {
  // Bundlers leave out a module that they do not find if its rejection is handled.
  const { createClient, ErrorReply } = await import("@redis/client").catch(() => {
    throw new Error(
      "the package @redis/client is not installed (a server in one file: redis-client.cjs is not beside it)",
    )
  })
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: patience, reconnectStrategy: false },
  })
  // Without a listener an error would end the process; the command's own rejection reports what failed.
  client.on("error", onClose)
  client.on("end", onClose)
  await client.connect()
  return {
    send: async (command) => {
      try {
        return await client.sendCommand([...command]) as Reply
      } catch (cause) {
        throw cause instanceof ErrorReply ? new RedisError(cause.message) : cause
      }
    },
    close: () => client.destroy(),
  }
}

/** How often, and how soon, in milliseconds, a command for a slot that is moving is sent again. */
const moving = { tries: 20, pause: 10 }

/** Resends a command that was not run because its keys are moving from one node to another. */
const patiently = async (send: () => Promise<Reply>): Promise<Reply> => {
  for (let tries = 0;; tries++) {
    try {
      return await send()
    } catch (cause) {
      const isMoving = cause instanceof RedisError && cause.message.startsWith("TRYAGAIN")
      if (!isMoving || tries === moving.tries) throw cause
      await new Promise((resolve) => setTimeout(resolve, moving.pause))
    }
  }
}

const connectHere = (): ConnectRedis => {
  const { Bun } = globalThis as WithBun
  return Bun === undefined ? connectNode : connectBun(Bun.RedisClient)
}

/** Creates the link, which connects when the first command is sent, and again after a connection has ended. */
export const makeTcpLink = (url: string): RedisLink => {
  const { address, nodes, isSentinel } = parseStoreUrl(url)
  const plain = connectHere()
  const connect = isSentinel ? connectSentinel(address, nodes, plain) : plain
  /** The nodes of a Cluster, as URLs, once a node has said that it belongs to one. */
  let cluster = nodes.length > 0 && !isSentinel
    ? [address, ...nodes.map((node) => withHost(address, node))]
    : undefined
  let client: Promise<Client> | undefined
  let isClosed = false
  const drop = (): void => {
    const dropped = client
    client = undefined
    dropped?.then(({ close }) => close()).catch(() => {})
  }
  const begin = (onClose: () => void): Promise<Client> =>
    cluster === undefined ? connect(address, onClose) : connectCluster(cluster, patience, (found) => {
      // The configured nodes stay, and come first: they have the credentials.
      cluster = [...new Set([address, ...found])]
    })
  const connected = (): Promise<Client> => {
    // A new connection would keep the process running.
    if (isClosed) return Promise.reject(new Error("the connection is closed"))
    if (client !== undefined) return client
    const begun: Promise<Client> = begin(() => {
      if (client === begun) client = undefined
    })
    client = begun
    begun.catch(() => {
      if (client === begun) client = undefined
    })
    return begun
  }
  return {
    name: shownAddress(url),
    inOrder: true,
    send: async (command, key) => {
      try {
        return await patiently(async () => (await connected()).send(command, key))
      } catch (cause) {
        if (isSentinel && isDemoted(cause)) {
          drop()
          throw new Error("the server is not the primary any more")
        }
        if (!isClusterRedirect(cause) || isSentinel) throw cause
        if (cluster === undefined) {
          cluster = [address]
          // Commands that were sent at the same time get the same error, or their answer.
          const node = client
          client = undefined
          setTimeout(() => node?.then(({ close }) => close(), () => {}), patience)
        }
        return await patiently(async () => (await connected()).send(command, key))
      }
    },
    reset: drop,
    close: () => {
      isClosed = true
      drop()
    },
  }
}
