/**
 * Why a WebSocket does not open.
 *
 * @module
 */
import { badRequest, GatewayError } from "../errors.ts"

/** A GET of a path where only a WebSocket opens, without a handshake that the host can complete. */
export const handshakeRequired = (): GatewayError =>
  new GatewayError({
    reason: "upgrade_required",
    detail:
      "This path is a WebSocket's: the request is not a handshake of version 13, or this host cannot upgrade. " +
      "Connect with ws:// or wss://.",
    headers: { upgrade: "websocket", "sec-websocket-version": "13" },
  })

/** A handshake where no WebSocket opens. */
export const noSocketHere = (): GatewayError =>
  badRequest(
    "No WebSocket opens at this path. Those of Baseten do at …/baseten/model/{model_id}/…/websocket and " +
      "…/baseten/chain/{chain_id}/…/websocket, and those of a container below …/sync.",
  )

/** A page of an origin that is not trusted opens a WebSocket, and has no key of its own. */
export const foreignHandshake = (): GatewayError =>
  new GatewayError({
    reason: "forbidden",
    detail:
      "The handshake comes from a web page of an origin that BASEGATE_CORS_ORIGINS does not list, and has no " +
      "key of its own. List the origin, or send a key.",
  })

/** Policies of the gateway would hold something back, and nothing looks into what is said over a socket. */
export const policiesUnheld = (): GatewayError =>
  new GatewayError({
    reason: "forbidden",
    detail:
      "This gateway has policies that block or mask (dlp, guardrails), and what is said over a WebSocket is not " +
      "looked into. Open the socket through a gateway without such policies.",
  })

/** So many WebSockets of the gateway are open as its setting allows. */
export const tooManySockets = (most: number): GatewayError =>
  new GatewayError({
    reason: "rate_limited",
    detail:
      `${most} WebSockets of this gateway are open already (websocket_limit). Close one, or try again later.`,
    headers: { "retry-after": "10" },
  })

/** A WebSocket to a provider, by a transport that has none. */
export const noSockets = (): GatewayError =>
  badRequest("This gateway's transport opens no WebSockets. Call the route without one.")
