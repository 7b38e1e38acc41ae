/**
 * The answers about written settings.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminConflict } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { strictJson } from "../../json/exact-json.ts"
import { adminHeaders, envelope } from "../envelope.ts"
import { openParameters, type QueryParameters } from "../query-parameters.ts"

/** The `ETag` of something written (RFC 9110 §8.8.3). */
const tagOf = (version: number | string): string => `"${version}"`

/** An answer with the `ETag` of what it shows. */
export const tagged = (response: Response, version: number | string): Response => {
  response.headers.set("etag", tagOf(version))
  return response
}

/** Answers with one written thing. */
export const showing = (result: unknown, { version }: { readonly version: number }): Response =>
  tagged(envelope(result), version)

/** Cloudflare's other form, used for routes: the members are next to `success`. */
export const bare = (members: object): Response =>
  new Response(strictJson({ success: true, errors: [], messages: [], ...members }), {
    headers: { ...adminHeaders, "content-type": "application/json" },
  })

/** Whether `If-Match` (RFC 9110 §13.1.1) allows a change of this version. SDKs omit the quotes. */
const matches = (ifMatch: string | null, version: number): boolean =>
  ifMatch === null ||
  ifMatch.split(",").map((tag) => tag.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1"))
    .some((tag) => tag === "*" || tag === String(version))

/** The answer to a change based on an outdated version: 409, with the current state. */
export const unlessChanged = (
  ifMatch: string | null,
  item: { readonly version: number },
  shown: () => unknown,
): Response | undefined => {
  if (matches(ifMatch, item.version)) return undefined
  const { code, message } = adminConflict(
    "It has another version than If-Match names: somebody else has changed it. result is what it is now, ETag its " +
      "version; apply your change to that.",
  )
  return tagged(
    new Response(
      strictJson({ success: false, errors: [{ code, message }], messages: [], result: shown() }),
      { status: 409, headers: { ...adminHeaders, "content-type": "application/json" } },
    ),
    item.version,
  )
}

/** The requested page of a list. */
export interface Page<Item> {
  readonly page: number
  readonly perPage: number
  readonly items: ReadonlyArray<Item>
  readonly total: number
}

/** The requested page: 20 per page, at most 100. */
export const placeIn = (
  parameters: QueryParameters,
): { readonly page: number; readonly perPage: number } => ({
  page: parameters.integer("page", 1, 1_000_000_000) ?? 1,
  perPage: parameters.integer("per_page", 1, 100) ?? 20,
})

/** A page of the selected items of a list. */
export const pageOf = <Item>(
  search: URLSearchParams,
  items: ReadonlyArray<Item>,
  select: (parameters: QueryParameters) => (item: Item) => boolean = () => () => true,
): Result.Result<Page<Item>, GatewayError> => {
  const parameters = openParameters(search)
  const { page, perPage } = placeIn(parameters)
  const isSelected = select(parameters)
  const problem = parameters.problem()
  if (problem !== undefined) return Result.fail(problem)
  const found = items.filter(isSelected)
  return Result.succeed({
    page,
    perPage,
    items: found.slice((page - 1) * perPage, page * perPage),
    total: found.length,
  })
}

/** A page in Cloudflare's envelope. */
export const listing = <Item>(
  { page, perPage, items, total }: Page<Item>,
  show: (item: Item) => unknown,
): Response =>
  envelope(items.map(show), {
    page,
    per_page: perPage,
    count: items.length,
    total_count: total,
  })
