/**
 * Which headers of a provider's answer reach the client.
 *
 * @module
 */
import { HeaderFields } from "./header-fields.ts"
import { connectionNames, hopByHop } from "./hop-by-hop.ts"
import { memoizeByName } from "./memoize-name.ts"

const neverDown: ReadonlySet<string> = new Set([
  ...hopByHop,
  // Names Baseten's own endpoints as alternatives for the gateway's origin (RFC 7838).
  "alt-svc",
  // Browsers follow it whatever the status, as they do a redirect.
  "refresh",
])

const isReturned = memoizeByName((name) =>
  !neverDown.has(name) &&
  // BASEGATE_CORS_ORIGINS decides who may read an answer; ids and steps are the gateway's own.
  !name.startsWith("access-control-") && !name.startsWith("cf-aig-")
)

/**
 * Whether an answer is a redirect: any 3xx with a `Location`, since clients differ in which of them they follow (curl: all
 * of them). SDKs follow with all headers of the request: its body, and a gateway token, would go to a host of the
 * provider's choice.
 */
export const isRedirect = (
  { status, headers }: { readonly status: number; readonly headers: Pick<Headers, "has"> },
): boolean => status >= 300 && status < 400 && status !== 304 && headers.has("location")

/**
 * A copy of the end-to-end headers of an answer.
 *
 * @param answer its status and its headers as received: a 304 has no `Location` here, see `isRedirect`
 * @param decoded the content codings that the transport decodes, in the spellings that it knows; a body in one of them
 *   has lost its coding and its length on the way
 */
export const responseHeaders = (
  { status, headers: received }: { readonly status: number; readonly headers: Headers },
  decoded: ReadonlySet<string>,
): HeaderFields => {
  const incoming = HeaderFields.of(received)
  const headers = incoming.filter(isReturned)
  for (const name of connectionNames(incoming)) headers.delete(name)
  const coding = incoming.get("content-encoding")
  if (coding !== null && decoded.has(coding.trim())) {
    headers.delete("content-encoding")
    headers.delete("content-length")
  }
  if (status === 304) headers.delete("location")
  // Such an answer must not have a length, and clients would wait for the bytes (RFC 9110 §8.6, §15.3.6).
  if (status === 204) headers.delete("content-length")
  // A length beside chunks is not the body's, and is not forwarded (RFC 9112 §6.3).
  if (incoming.has("transfer-encoding")) headers.delete("content-length")
  if (status === 205 && headers.has("content-length")) headers.set("content-length", "0")
  return headers
}
