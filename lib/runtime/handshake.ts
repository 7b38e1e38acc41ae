/**
 * The handshake of a WebSocket: who may open one, which of the client's headers it keeps, and whether it leads to
 * this gateway, for universal requests, or through it to Baseten.
 *
 * @module
 */
import { credentialHeaders } from "../auth/credential.ts"
import type { HostContext } from "../exchange.ts"
import type { Gateway } from "../gateway.ts"
import { type Answer, type RelayedSocket, toResponse } from "../relay/answer.ts"
import { isKey } from "../websocket/accept-key.ts"

/** A handshake that the gateway has accepted. */
export interface Handshake {
  readonly request: Request
  /** The subprotocol to confirm: browsers insist on one of those that they offered. */
  readonly protocol: string | undefined
  /** The socket to relay; `undefined` for one that takes universal requests. */
  readonly relayed: RelayedSocket | undefined
  /** Headers for the client beside those of the handshake. */
  readonly headers: Answer["headers"]
}

/** What serving a handshake needs of a gateway. */
export type SocketGateway = Pick<Gateway, "fetch" | "handle" | "onStop" | "largestBody">

/** Whether a request is a handshake for a path of a gateway. Anything else is answered like any other request. */
export const isHandshake = ({ method, url, headers }: Pick<Request, "method" | "url" | "headers">): boolean =>
  headers.get("upgrade")?.toLowerCase() === "websocket" && method === "GET" &&
  headers.get("sec-websocket-version")?.trim() === "13" &&
  isKey(headers.get("sec-websocket-key")?.trim() ?? null) &&
  /^https?:\/\/[^/]+\/+v1\/+[\w-]+\/+[\w-]+(?:[/?]|$)/.test(url)

/** Browsers cannot set headers: they offer `<header>.<value>` as a subprotocol. */
const offered = /^([a-z-]+)\.(\S+)$/

/** The header and its value in a subprotocol; `undefined` if it holds no credential. */
const credentialIn = (protocol: string): readonly [name: string, value: string] | undefined => {
  const [, name = "", value = ""] = offered.exec(protocol) ?? []
  return credentialHeaders.some((header) => header === name) ? [name, value] : undefined
}

/** Serves a request that may be a handshake. */
export const serveWithSockets = <Upgraded>(
  gateway: SocketGateway,
  request: Request,
  context: HostContext,
  upgrade: (handshake: Handshake) => Upgraded,
): Promise<Upgraded | Response> =>
  isHandshake(request)
    ? acceptHandshake(gateway, request, context, upgrade).then((result) =>
      "refused" in result ? toResponse(result.refused) : result.upgraded
    )
    : gateway.fetch(request, context)

/** The outcome of a handshake. */
export type Accepted<Upgraded> = { readonly upgraded: Upgraded } | { readonly refused: Answer }

/**
 * Asks the gateway whether a handshake may be completed.
 *
 * @param upgrade upgrades it to a socket, once the gateway has admitted the caller, and Baseten the gateway
 */
export const acceptHandshake = async <Upgraded>(
  gateway: Pick<Gateway, "handle">,
  request: Request,
  context: HostContext,
  upgrade: (handshake: Handshake) => Upgraded,
): Promise<Accepted<Upgraded>> => {
  const headers = new Headers([...request.headers])
  const protocols = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim())
    .filter((name) => name !== "")
  const subprotocols: Array<string> = []
  for (const protocol of protocols) {
    const [name, value] = credentialIn(protocol) ?? []
    if (name === undefined || value === undefined) subprotocols.push(protocol)
    else headers.set(name, name === "x-api-key" || name === "api-key" ? value : `Bearer ${value}`)
  }
  for (const name of [...headers.keys()]) if (name.startsWith("sec-websocket-")) headers.delete(name)
  const handshake = new Request(request.url, { headers, signal: request.signal })
  const answer = await gateway.handle(handshake, { ...context, canUpgrade: true, subprotocols })
  const { socket, status } = answer
  if (socket === undefined && status !== 204) return { refused: answer }
  // If only a credential was offered, it is confirmed, since there is nothing else to confirm.
  const first = subprotocols.length > 0 ? undefined : protocols[0]
  const protocol = socket === undefined ? subprotocols[0] ?? first : socket.protocol ?? first
  try {
    return { upgraded: upgrade({ request: handshake, protocol, relayed: socket, headers: answer.headers }) }
  } catch (cause) {
    socket?.abandon()
    throw cause
  }
}
