/**
 * Cross-origin access of web pages (the Fetch standard's CORS protocol), for the origins that the operator names.
 *
 * @module
 */
import { HeaderFields } from "./header-fields.ts"
import type { HeaderReader } from "./header-reader.ts"

/** The gateway's and Baseten's headers that a page's script may read. */
const exposed = [
  "age",
  "cf-aig-cache-status",
  "cf-aig-dlp",
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

/** Whether pages of an origin may call. */
export const isAllowedOrigin = (origins: ReadonlySet<string>, origin: string): boolean =>
  origins.has("*") || origins.has(origin)

/** Adds the headers that let an allowed origin's page read an answer; none if no origins are configured. */
export const addCors = (headers: Headers, origins: ReadonlySet<string>, request: Headers): void => {
  if (origins.size === 0) return
  headers.append("vary", "Origin")
  const origin = request.get("origin")
  if (origin === null || !isAllowedOrigin(origins, origin)) return
  headers.set("access-control-allow-origin", origins.has("*") ? "*" : origin)
  headers.set("access-control-expose-headers", exposed)
}

/**
 * The headers of the answer to OPTIONS: the route's methods and, for the preflight of an allowed origin, permission for
 * the headers it requested. Never reaches Baseten.
 */
export const optionsHeaders = (
  request: HeaderReader,
  allowed: ReadonlyArray<string>,
  origins: ReadonlySet<string>,
): HeaderFields => {
  const headers = HeaderFields.from([["allow", allowed.join(", ")]])
  const origin = request.get("origin")
  if (origin !== null && isAllowedOrigin(origins, origin)) {
    headers.set("access-control-allow-methods", allowed.join(", "))
    headers.set("access-control-allow-headers", request.get("access-control-request-headers") ?? "*")
    headers.set("access-control-max-age", "86400")
    headers.append("vary", "Access-Control-Request-Headers")
  }
  return headers
}
