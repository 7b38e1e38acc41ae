/**
 * Headers that are meant for one hop, in either direction (RFC 9110 §7.6.1).
 *
 * @module
 */

/** Those that are so by name, the ones that transports make anew among them. */
export const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
])

/** Those that a `Connection` header makes so. */
export const connectionNames = (headers: Headers): ReadonlySet<string> =>
  new Set((headers.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim()))
