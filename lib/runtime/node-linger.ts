/**
 * How a connection of `node:http` closes on a client that is still sending.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http"

/** How long such a client may keep sending, in all and between two bytes, in milliseconds. The bytes are dropped. */
const longest = 30_000
const quiet = 5_000

/**
 * Closes after an answer that came before the end of its request in two stages (RFC 9112 §9.6): the gateway stops
 * sending, and drops what still arrives. A connection that is closed with bytes unread is reset, and its client loses
 * the answer.
 *
 * Node calls `destroySoon` to close a connection, if it closes it at all.
 */
export const lingerAfter = (message: IncomingMessage, response: ServerResponse): void => {
  const { socket } = message
  const close = socket.destroySoon
  socket.destroySoon = () => {
    socket.destroySoon = close
    if (message.complete) return close.call(socket)
    const end = (): void => void socket.destroy()
    const timer = setTimeout(end, longest)
    socket.once("close", () => clearTimeout(timer))
    socket.setTimeout(quiet, end)
    message.on("end", end).resume()
    socket.end()
  }
  response.once("close", () => {
    socket.destroySoon = close
  })
}
