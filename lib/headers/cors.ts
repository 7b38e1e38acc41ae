/**
 * Cross-origin access of web pages (the Fetch standard's CORS protocol), for the origins that the operator names.
 *
 * @module
 */

/** Our headers and Baseten's that a page's script may read. */
const exposed = [
  "age",
  "cf-aig-cache-status",
  "cf-aig-event-id",
  "cf-aig-log-id",
  "cf-aig-model",
  "cf-aig-provider",
  "cf-aig-request-id",
  "cf-aig-step",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "server-timing",
  "x-baseten-request-id",
  "x-ratelimit-limit-requests",
  "x-ratelimit-limit-tokens",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-remaining-tokens",
].join(", ")

/** Whether pages of an `Origin` may call. */
export const isAllowedOrigin = (origins: ReadonlySet<string>, origin: string): boolean =>
  origins.has("*") || origins.has(origin)

/** Adds what lets an allowed origin's page read an answer; nothing if no origins are configured. */
export const addCors = (
  headers: Pick<Headers, "append" | "set">,
  origins: ReadonlySet<string>,
  request: Pick<Headers, "get">,
): void => {
  if (origins.size === 0) return
  headers.append("vary", "Origin")
  const origin = request.get("origin")
  if (origin === null || !isAllowedOrigin(origins, origin)) return
  headers.set("access-control-allow-origin", origins.has("*") ? "*" : origin)
  headers.set("access-control-expose-headers", exposed)
}

/**
 * The answer to OPTIONS: the methods that the route takes and, for the preflight of an allowed origin, that it may be
 * called with the headers that the preflight names. Never reaches a provider.
 */
export const answerOptions = (
  request: Pick<Headers, "get">,
  allowed: ReadonlyArray<string>,
  origins: ReadonlySet<string>,
): Response => {
  const headers = new Headers({ allow: allowed.join(", ") })
  const origin = request.get("origin")
  if (origin !== null && isAllowedOrigin(origins, origin)) {
    headers.set("access-control-allow-methods", allowed.join(", "))
    headers.set("access-control-allow-headers", request.get("access-control-request-headers") ?? "*")
    headers.set("access-control-max-age", "86400")
    headers.append("vary", "Access-Control-Request-Headers")
  }
  return new Response(null, { status: 204, headers })
}
