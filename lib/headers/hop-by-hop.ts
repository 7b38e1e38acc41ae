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

const none: ReadonlySet<string> = new Set()

/** Those that a `Connection` header makes so. What nearly all messages have there names none. */
export const connectionNames = (headers: Headers): ReadonlySet<string> => {
  const value = headers.get("connection")
  if (value === null || value === "keep-alive" || value === "close") return none
  return new Set(value.toLowerCase().split(",").map((name) => name.trim()))
}
