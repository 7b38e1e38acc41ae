/**
 * Which headers of a provider's answer reach the client.
 *
 * @module
 */
import { HeaderFields } from "./header-fields.ts"
import { connectionNames, hopByHop } from "./hop-by-hop.ts"
import { learnt } from "./learnt.ts"

const neverDown: ReadonlySet<string> = new Set([
  ...hopByHop,
  // Names Baseten's own endpoints as alternatives for the gateway's origin (RFC 7838).
  "alt-svc",
  // Browsers obey it whatever the status, as they do a redirect.
  "refresh",
])

const isReturned = learnt((name) =>
  !neverDown.has(name) &&
  // BASEGATE_CORS_ORIGINS decides who may read an answer; ids and steps are ours.
  !name.startsWith("access-control-") && !name.startsWith("cf-aig-")
)

/**
 * Whether an answer sends its client elsewhere: any 3xx with a `Location`, since clients differ in which of them they
 * follow (curl: all of them). SDKs do so with all headers of the request: its body, and a gateway token, would go to a host
 * of the provider's choice.
 */
export const isRedirect = (
  { status, headers }: { readonly status: number; readonly headers: Pick<Headers, "has"> },
): boolean => status >= 300 && status < 400 && status !== 304 && headers.has("location")

/**
 * The end-to-end headers of an answer, as fields of their own.
 *
 * @param answer its status and its headers as they came: a 304 has no `Location` here, see `isRedirect`
 * @param decoded the content codings that the transport undoes, in the spellings that it knows; a body in one of them
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
  // What such an answer must not have, and clients would wait for (RFC 9110 §8.6, §15.3.6).
  if (status === 204) headers.delete("content-length")
  // A length beside chunks is not the body's, and is not handed on (RFC 9112 §6.3).
  if (incoming.has("transfer-encoding")) headers.delete("content-length")
  if (status === 205 && headers.has("content-length")) headers.set("content-length", "0")
  return headers
}
