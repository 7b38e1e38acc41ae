/**
 * A connection to a Redis by TCP: Bun's own client on Bun, `@redis/client` elsewhere.
 *
 * Both pipeline what is sent in one turn. Neither queues commands or tries them again here: what waits for a connection has
 * its own deadline, and a script must not be run twice.
 *
 * @module
 */
import { shownAddress } from "../config/store-settings.ts"
import { RedisError, type RedisLink, type Reply } from "../store/redis/redis-link.ts"

/** What is used of either client. */
interface Client {
  readonly send: (command: ReadonlyArray<string>) => Promise<Reply>
  readonly close: () => void
}

/** Connects. Rejects where that fails. */
type Connect = (url: string, onClose: () => void) => Promise<Client>

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

/** Bun 1.4 tells what a server has answered from what it found wrong itself by this code. */
const isOfServer = (cause: unknown): cause is Error =>
  cause instanceof Error && (cause as { readonly code?: string }).code === "ERR_REDIS_SERVER_ERROR"

const connectBun =
  (RedisClient: NonNullable<WithBun["Bun"]>["RedisClient"]): Connect => async (url, onClose) => {
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

const connectNode: Connect = async (url, onClose) => {
  // Bundlers leave out what they do not find where a rejection is dealt with.
  const { createClient, ErrorReply } = await import("@redis/client").catch(() => {
    throw new Error("the package @redis/client is not installed")
  })
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: patience, reconnectStrategy: false },
  })
  // Without a listener an error would end the process; what failed is told by the command's own rejection.
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

const connectHere = (): Connect => {
  const { Bun } = globalThis as WithBun
  return Bun === undefined ? connectNode : connectBun(Bun.RedisClient)
}

/** Makes the link; it connects when the first command is sent, and again after a connection has ended. */
export const makeTcpLink = (url: string): RedisLink => {
  const connect = connectHere()
  let client: Promise<Client> | undefined
  let isClosed = false
  const drop = (): void => {
    const dropped = client
    client = undefined
    dropped?.then(({ close }) => close()).catch(() => {})
  }
  const connected = (): Promise<Client> => {
    // A connection would keep the process.
    if (isClosed) return Promise.reject(new Error("the connection is closed"))
    if (client !== undefined) return client
    const begun: Promise<Client> = connect(url, () => {
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
    send: async (command) => (await connected()).send(command),
    reset: drop,
    close: () => {
      isClosed = true
      drop()
    },
  }
}
