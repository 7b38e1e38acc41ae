/**
 * Which headers of a request are forwarded to a provider.
 *
 * @module
 */
import type { HeaderFields } from "./header-fields.ts"
import type { HeaderReader } from "./header-reader.ts"
import { connectionNames, hopByHop } from "./hop-by-hop.ts"
import { memoizeByName } from "./memoize-name.ts"

const neverUp: ReadonlySet<string> = new Set([
  ...hopByHop,
  "host",
  "content-length",
  "expect",
  "cookie",
  "cookie2",
  // CORS ends at the gateway.
  "origin",
  "access-control-request-method",
  "access-control-request-headers",
  "access-control-request-private-network",
  // Where the request came from: Baseten sees the gateway, not what is behind it.
  "forwarded",
  "via",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "fastly-client-ip",
  "fly-client-ip",
  "x-forwarded",
  "forwarded-for",
  "cdn-loop",
  "x-original-forwarded-for",
  "x-envoy-external-address",
  "x-azure-clientip",
  "x-azure-socketip",
  // The caller's page, including its query.
  "referer",
  "http2-settings",
  // Answers are observed as they pass, so they are requested without a content coding.
  "accept-encoding",
])

/** `cf-aig-*`, Cloudflare's old `cf-cache-ttl` and `cf-skip-cache`, and those that its edge adds (`cf-ray`, …). */
const isPrivate = (name: string): boolean =>
  name.startsWith("cf-") || name.startsWith("x-forwarded-") || name.startsWith("sec-fetch-")

/** Whether a header of this name, in lower case, may go to a provider at all. */
export const isForwarded: (name: string) => boolean = memoizeByName((name) =>
  !neverUp.has(name) && !isPrivate(name)
)

/** Counts the basegates that a request has passed through; sent with each call. */
const hopHeader = "x-basegate-hop"

/** How many gateways may be chained: a loop soon exceeds it, an intended chain does not. */
const maxHops = 4

/** The hop number to send upstream; `undefined` if the request has been through too many gateways. */
export const nextHop = (headers: HeaderReader): number | undefined => {
  const before = headers.get(hopHeader)
  const hop = before !== null && /^\d{1,4}$/.test(before) ? Number(before) + 1 : 1
  return hop > maxHops ? undefined : hop
}

/**
 * A copy of the end-to-end headers of a request.
 *
 * Unknown headers are forwarded: Baseten knows the session ids of agents (`x-session-affinity` and others), and custom
 * servers read headers of their own.
 *
 * @param isSent whether a header of this name, in lower case, goes to the provider; implies `isForwarded`
 */
export const requestHeaders = (
  incoming: HeaderFields,
  hop: number,
  requestId: string,
  isSent: (name: string) => boolean = isForwarded,
): HeaderFields => {
  const headers = incoming.filter(isSent)
  for (const name of connectionNames(incoming)) headers.delete(name)
  headers.set("accept-encoding", "identity")
  headers.set(hopHeader, String(hop))
  // What Baseten's own client sends for correlation.
  if (!headers.has("x-baseten-customer-request-id")) headers.set("x-baseten-customer-request-id", requestId)
  return headers
}
