/**
 * Hop-by-hop headers, in either direction (RFC 9110 §7.6.1).
 *
 * @module
 */
import type { HeaderReader } from "./header-reader.ts"

/** Their names, including those that transports set themselves. */
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

/** The headers that `Connection` declares hop-by-hop; empty in nearly all messages. */
export const connectionNames = (headers: HeaderReader): ReadonlyArray<string> => {
  const value = headers.get("connection")
  if (value === null || value === "keep-alive" || value === "close") return none
  return value.toLowerCase().split(",").map((name) => name.trim())
}
