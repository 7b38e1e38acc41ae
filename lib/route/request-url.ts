/**
 * The URL of a request, from a target and a Host that the caller wrote.
 *
 * @module
 */

/**
 * A host and a port as they may stand in a URL (RFC 3986 §3.2.2): a name, an address, or an IPv6 address in brackets.
 * Escapes and delimiters, which names may hold in theory, are left out: no host has them, and parsers differ over them.
 */
const authority = String.raw`(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?`
const isAuthority = new RegExp(`^${authority}$`, "i")
const hasAuthority = new RegExp(`^https?://${authority}(?:[/?#]|$)`, "i")

/**
 * The URL of a request; nothing where there is none, since its target or its Host is malformed.
 *
 * Runtimes put what stands in Host before the path without a look at it (Bun 1.4, Deno 2.9, workerd 2026-10): a slash or a
 * question mark there would choose the path. So both are looked at before a URL is made of them. An absolute target
 * overrides Host, which must be sound nevertheless (RFC 9112 §3.2.2).
 */
export const urlOf = (request: Pick<Request, "headers" | "url">): URL | undefined => {
  const host = request.headers.get("host")
  if (host !== null && !isAuthority.test(host)) return undefined
  // HTTP/1.0 knows no Host: Bun (1.4) then hands over the target alone.
  const url = host === null && request.url.startsWith("/") ? `http://localhost${request.url}` : request.url
  if (!hasAuthority.test(url)) return undefined
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}
