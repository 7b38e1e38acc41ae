/**
 * Many WebSockets to a model that are open at once, and what they take of the gateway's memory.
 *
 * @module
 */
import { WebSocket } from "ws"

/** How many are being opened at a time. */
const opening = 20

/** Opens one, over which something has been said and heard. */
const openOne = (base: string, headers: Readonly<Record<string, string>>): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const url = `${base.replace("http", "ws")}/baseten/model/abcd1234/websocket`
    const socket = new WebSocket(url, { headers, perMessageDeflate: false })
    socket.on("error", reject)
    socket.on("open", () => socket.send("there"))
    socket.once("message", () => resolve(socket))
  })

/** Sockets that are open. */
export interface HeldSockets {
  /** Has each say something again; resolves when all have been answered. */
  readonly talk: () => Promise<void>
  /** Closes half of them, and breaks the others off. */
  readonly end: () => Promise<void>
}

/** Opens so many. Rejects if one is refused. */
export const holdSockets = async (
  base: string,
  count: number,
  headersOf: (index: number) => Readonly<Record<string, string>>,
): Promise<HeldSockets> => {
  const sockets: Array<WebSocket> = []
  let next = 0
  const open = async (): Promise<void> => {
    while (next < count) sockets.push(await openOne(base, headersOf(next++)))
  }
  await Promise.all(Array.from({ length: opening }, open))
  return {
    talk: async () => {
      const answered = sockets.map((socket) => new Promise((resolve) => socket.once("message", resolve)))
      for (const socket of sockets) socket.send("x".repeat(1_000))
      await Promise.all(answered)
    },
    end: async () => {
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)))
      for (const [index, socket] of sockets.entries()) {
        if (index % 2 === 0) socket.close(1000)
        else socket.terminate()
      }
      await Promise.all(closed)
    },
  }
}
