/**
 * Whether a caller may spend the operator's stored key.
 *
 * @module
 */
import { isAllowedOrigin } from "../headers/cors.ts"

/** What the decision depends on. */
export interface PolicyInput {
  /** A valid gateway token was sent. */
  readonly hasToken: boolean
  /** `BASEGATE_OPEN`: the stored key serves anyone. */
  readonly open: boolean
  /** The listener is known to be bound to a loopback address. */
  readonly loopback: boolean
  /** Origins whose pages may call the gateway; `*` for all. */
  readonly corsOrigins: ReadonlySet<string>
  readonly headers: Pick<Headers, "get" | "has">
  /** The host name that the client asked for. */
  readonly hostname: string
  /** The same with its port, if the request is a WebSocket's handshake: browsers always tell the origin of those. */
  readonly handshakeHost?: string | undefined
}

/** Whether a name in a URL means this machine. A rebound DNS name resolves to it, but is spelt otherwise. */
export const isLoopbackName = (hostname: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)\.?$/i.test(hostname) || /\.localhost\.?$/i.test(hostname)

const hostIn = (origin: string | null): string | undefined =>
  /^https?:\/\/([^/]+)$/.exec(origin ?? "")?.[1]?.toLowerCase()

/**
 * A page sends `Origin`, or, on a plain GET, only `Sec-Fetch-Site` (Fetch Metadata). `*` lets every page read answers;
 * it names no page that may spend the key without a token. The gateway's own page, the console, is no foreign one; a page
 * under a name that was rebound to this machine calls itself so too, but has neither a token nor a name of loopback.
 */
export const fromForeignPage = (input: PolicyInput): boolean => {
  const { corsOrigins, hasToken, headers, hostname, handshakeHost } = input
  const origin = headers.get("origin")
  const site = headers.get("sec-fetch-site")
  const isOwn = site === "same-origin" || (handshakeHost !== undefined && hostIn(origin) === handshakeHost)
  if (isOwn && (hasToken || isLoopbackName(hostname))) return false
  if (origin !== null) return !(hasToken ? isAllowedOrigin(corsOrigins, origin) : corsOrigins.has(origin))
  return site !== null && site !== "none" && site !== "same-origin"
}

/** What proxies add: the caller is not on this machine, even if the proxy is. */
const proxyHeaders = ["forwarded", "x-forwarded-for", "x-real-ip", "via", "cf-connecting-ip"]

/** Why the stored key may not be used for a request, as a sentence for the caller; `undefined` if it may. */
export const denialReason = (input: PolicyInput): string | undefined => {
  if (fromForeignPage(input)) {
    return "The stored key is not used for web pages of an origin that BASEGATE_CORS_ORIGINS does not list."
  }
  if (input.hasToken || input.open) return undefined
  if (!input.loopback) {
    return "The stored key is not used for callers without a gateway token: set BASEGATE_TOKENS and send a " +
      "token as cf-aig-authorization, or set BASEGATE_OPEN=true to serve it to anyone."
  }
  if (!isLoopbackName(input.hostname)) {
    return "The stored key is not used on loopback under a host name that is not a loopback name."
  }
  return proxyHeaders.some((name) => input.headers.has(name))
    ? "The stored key is not used for callers behind a proxy without a gateway token: set BASEGATE_TOKENS."
    : undefined
}
