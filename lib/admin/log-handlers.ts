/**
 * The handlers of the log API.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { wellFormedJson } from "../json/exact-json.ts"
import { adminBadRequest, adminNotFound } from "../errors/admin-errors.ts"
import { bodyTooLarge, GatewayError } from "../errors.ts"
import type { LogScope } from "../request-log/entry.ts"
import type { LogPage, Range } from "../request-log/query.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { wholeBody } from "../body/read-body.ts"
import { makeUploads } from "../body/Uploads.ts"
import { entryDetailJson, entryJson } from "./entry-json.ts"
import type { PriceSource } from "./entry-price.ts"
import { adminHeaders, envelope } from "./envelope.ts"
import { logPatch, patchLimit } from "./log-patch.ts"
import { deletion, logQuery } from "./log-query.ts"

type Answer = Effect.Effect<Response, GatewayError, RequestLog>

const noEntry = (id: string): GatewayError =>
  adminNotFound(`This gateway's log has no entry ${id}: it was not kept, or has been removed.`)

const ranges = (page: LogPage) =>
  Object.fromEntries(
    Object.entries(page.ranges).flatMap(([name, { min, max }]: [string, Range]) => [
      [`min_${name}`, min],
      [`max_${name}`, max],
    ]),
  )

/** A page of entries. */
export const listLogs = (scope: LogScope, search: URLSearchParams): Answer => {
  const query = logQuery(scope, search)
  if (query instanceof GatewayError) return Effect.fail(query)
  return Effect.map(
    RequestLog.use((log) => log.list(query)),
    (page) =>
      envelope(page.entries.map(entryJson), {
        page: query.page,
        per_page: query.perPage,
        count: page.entries.length,
        total_count: page.total,
        ...ranges(page),
      }),
  )
}

/** Deletes entries, and returns their number. Cloudflare's answer has only `success`. */
export const deleteLogs = (scope: LogScope, search: URLSearchParams): Answer => {
  const asked = deletion(scope, search)
  if (asked instanceof GatewayError) return Effect.fail(asked)
  return Effect.map(
    RequestLog.use((log) => log.remove(asked.selection, asked.limit)),
    (deleted) => envelope({ deleted }),
  )
}

/** One entry, with its price and the beginnings of its bodies. */
export const showLog = (scope: LogScope, id: string, prices: PriceSource): Answer =>
  Effect.gen(function* () {
    const log = yield* RequestLog
    const entry = yield* log.get(scope, id)
    if (entry === undefined) return yield* noEntry(id)
    const request = yield* log.payload(scope, id, "request")
    const response = yield* log.payload(scope, id, "response")
    return envelope(
      entryDetailJson(entry, { request: request ?? null, response: response ?? null }, prices),
    )
  })

/** The media type of a stored body. JSON that was cut off is sent as text, since the SDK would fail to parse it. */
const typeOf = (type: string | null, complete: boolean): string =>
  `${complete ? type?.split(";", 1)[0]?.trim() || "text/plain" : "text/plain"}; charset=utf-8`

/** A stored body of an entry. */
export const showPayload = (scope: LogScope, id: string, which: "request" | "response"): Answer =>
  Effect.gen(function* () {
    const log = yield* RequestLog
    const entry = yield* log.get(scope, id)
    if (entry === undefined) return yield* noEntry(id)
    const payload = yield* log.payload(scope, id, which)
    if (payload === undefined) {
      return yield* adminNotFound(
        `The ${which} body of this entry was not kept. Set collect_log_payloads for the gateway, or send ` +
          "cf-aig-collect-log-payload: true, to keep those to come.",
      )
    }
    const type = typeOf(entry[`${which}_content_type`], payload.complete)
    return new Response(/\bjson\b/.test(type) ? wellFormedJson(payload.text) : payload.text, {
      headers: {
        ...adminHeaders,
        "content-type": type,
        // Text from elsewhere must not act as a page of this origin.
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
      },
    })
  })

/** Patches are small, so there is no shared bound; only their silence is limited, in milliseconds. */
const openPatch = makeUploads({ arriving: Infinity, held: Infinity })
const patchSilence = 30_000

/** Sets an entry's feedback: everything that the body requests, or nothing. */
export const editLog = (scope: LogScope, id: string, request: Request): Answer =>
  Effect.gen(function* () {
    const read = yield* Effect.promise(() => wholeBody(openPatch(request, patchSilence), patchLimit))
    if (Result.isFailure(read) && read.failure.reason !== "body_too_large") return yield* read.failure
    if (Result.isFailure(read) || read.success.kind === "stream") {
      return yield* adminBadRequest(bodyTooLarge(patchLimit).detail)
    }
    const body = read.success
    const patch = logPatch(body.kind === "bytes" ? new TextDecoder().decode(body.bytes) : "")
    if (patch instanceof GatewayError) return yield* patch
    return (yield* RequestLog.use((log) => log.patch(scope, id, patch))) ? envelope({}) : yield* noEntry(id)
  })
