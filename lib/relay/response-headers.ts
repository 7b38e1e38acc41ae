/**
 * Which headers of Baseten's answer reach the client.
 *
 * @module
 */
import { connectionNames, hopByHop } from "../hop-by-hop.ts"

const neverDown: ReadonlySet<string> = new Set([
  ...hopByHop,
  // Names Baseten's own endpoints as alternatives for the gateway's origin (RFC 7838).
  "alt-svc",
])

/**
 * The end-to-end headers of an answer, in a new `Headers`.
 *
 * @param decoded the content codings that the transport undoes; a body in one of them has lost its coding and
 *   its length on the way
 */
export const responseHeaders = (incoming: Headers, decoded: ReadonlySet<string>): Headers => {
  const named = connectionNames(incoming)
  const undone = decoded.has((incoming.get("content-encoding") ?? "").trim().toLowerCase())
  const headers = new Headers()
  for (const [name, value] of incoming) {
    if (neverDown.has(name) || named.has(name)) continue
    // Who may read an answer is decided by BASEGATE_CORS_ORIGINS; ids and steps are ours.
    if (name.startsWith("access-control-") || name.startsWith("cf-aig-")) continue
    if (undone && (name === "content-encoding" || name === "content-length")) continue
    headers.append(name, value)
  }
  return headers
}
