/**
 * Hop-by-hop headers, in either direction (RFC 9110 §7.6.1).
 *
 * @module
 */
import type { HeaderReader } from "./header-reader.ts"

/** By their names; among them are those that transports make themselves. */
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

const none: ReadonlyArray<string> = []

/** The headers that a `Connection` header makes hop-by-hop; nearly all messages name none there. */
export const connectionNames = (headers: HeaderReader): ReadonlyArray<string> => {
  const value = headers.get("connection")
  if (value === null || value === "keep-alive" || value === "close") return none
  return value.toLowerCase().split(",").map((name) => name.trim())
}
