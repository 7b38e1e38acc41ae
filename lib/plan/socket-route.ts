/**
 * Where a WebSocket opens, and where a request for one is refused.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewayError } from "../errors.ts"
import { handshakeRequired, noSocketHere } from "../errors/socket-errors.ts"
import type { Exchange } from "../exchange.ts"
import type { UpstreamRoute } from "../route/routes.ts"

/** Whether a request asks to be upgraded, though its host cannot. */
const asksInVain = ({ method, headers }: Exchange): boolean =>
  method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket"

/**
 * The route of a request where a WebSocket may open: the socket's for a handshake, itself for another request. A handshake
 * is never taken for a GET, nor a GET for a handshake.
 *
 * Fails with `bad_request` or `upgrade_required`.
 */
export const socketRoute = (
  exchange: Exchange,
  route: UpstreamRoute,
): Result.Result<UpstreamRoute, GatewayError> => {
  if (exchange.host.canUpgrade === true) {
    return route.socket === undefined ? Result.fail(noSocketHere()) : Result.succeed({
      ...route,
      name: "websocket",
      framing: undefined,
      body: "unread",
      repeatable: undefined,
      socket: "always",
    })
  }
  return route.socket === "always" || (route.socket === "asked" && asksInVain(exchange))
    ? Result.fail(handshakeRequired())
    : Result.succeed(route)
}
