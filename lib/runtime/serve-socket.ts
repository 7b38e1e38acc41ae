/**
 * Serves a socket whose handshake is complete: relays it, or takes universal requests over it.
 *
 * @module
 */
import type { HostContext } from "../exchange.ts"
import type { OpenSocket } from "../websocket/open-socket.ts"
import type { Handshake, SocketGateway } from "./handshake.ts"
import { converse, type SocketConversation } from "./websocket.ts"

/** Serves it until it has closed. */
export const serveSocket = (
  gateway: SocketGateway,
  { request, relayed }: Handshake,
  context: HostContext,
  socket: OpenSocket,
): void => {
  if (relayed !== undefined) return relayed.attach(socket)
  const held: { conversation?: SocketConversation } = {}
  const { send, close, buffered } = socket.listen({
    message: (message) => held.conversation?.message(message),
    alive: () => {},
    drained: () => held.conversation?.drained(),
    closed: () => held.conversation?.closed(),
  })
  held.conversation = converse(gateway, request, context, {
    send,
    close: (code, reason) => close({ code, reason }),
    ...(buffered && { buffered }),
  })
}
