/**
 * The handshake of a socket for universal requests: who may open one, and which of the client's headers it keeps.
 *
 * @module
 */
import type { HostContext } from "../exchange.ts"
import type { Gateway } from "../gateway.ts"

/** A handshake that the gateway has accepted. */
export interface Handshake {
  readonly request: Request
  /** The subprotocol to confirm: browsers insist that one of theirs is. */
  readonly protocol: string | undefined
}

const isHandshake = (request: Request): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
  /^https?:\/\/[^/]+\/v1\/[\w-]+\/[\w-]+\/?(?:\?|$)/.test(request.url)

/** Browsers cannot set headers: they offer `<header>.<value>` as a subprotocol. */
const offered = /^(cf-aig-authorization|authorization)\.(\S+)$/

/**
 * Serves a request that may be a handshake.
 *
 * @param upgrade upgrades it to a socket, once the gateway has admitted the caller
 */
export const serveWithSockets = <Answer>(
  gateway: Pick<Gateway, "fetch" | "onStop">,
  request: Request,
  context: HostContext,
  upgrade: (handshake: Handshake) => Answer,
): Promise<Answer | Response> =>
  isHandshake(request) ? accept(gateway, request, context, upgrade) : gateway.fetch(request, context)

const accept = async <Answer>(
  gateway: Pick<Gateway, "fetch" | "onStop">,
  request: Request,
  context: HostContext,
  upgrade: (handshake: Handshake) => Answer,
): Promise<Answer | Response> => {
  const headers = new Headers(request.headers)
  const protocols = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim())
  for (const protocol of protocols) {
    const [, name, value] = offered.exec(protocol) ?? []
    if (name !== undefined && value !== undefined) headers.set(name, `Bearer ${value}`)
  }
  for (const name of [...headers.keys()]) if (name.startsWith("sec-websocket-")) headers.delete(name)
  const handshake = new Request(request.url, { headers })
  const answer = await gateway.fetch(handshake, { ...context, canUpgrade: true })
  if (answer.status !== 204) return answer
  const protocol = protocols.find((name) => name !== "" && !offered.test(name)) ?? (protocols[0] || undefined)
  return upgrade({ request: handshake, protocol })
}
