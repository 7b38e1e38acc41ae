/**
 * Reads the parameters of a log request.
 *
 * @module
 */
import type { LogScope } from "../request-log/entry.ts"
import { type LogQuery, type LogSelection, orderKeys, type TimeSelection } from "../request-log/query.ts"
import type { GatewayError } from "../errors.ts"
import { flatFilters } from "./flat-filters.ts"
import { openParameters, type QueryParameters } from "./query-parameters.ts"
import { readFilters } from "./read-filters.ts"

const directions = ["asc", "desc"] as const

const selection = (
  parameters: QueryParameters,
  scope: LogScope,
  usual: typeof directions[number],
): LogSelection => {
  const search = parameters.text("search", 1000)
  const direction = parameters.oneOf("order_by_direction", directions)
  const older = parameters.oneOf("direction", directions)
  return {
    scope,
    filters: [...readFilters(parameters), ...flatFilters(parameters)],
    orderBy: parameters.oneOf("order_by", orderKeys) ?? "created_at",
    descending: (direction ?? older ?? usual) === "desc",
    ...(search !== undefined && { search }),
  }
}

/** A page of the log: the newest entries first, 20 per page and at most 50, as at Cloudflare. */
export const logQuery = (scope: LogScope, search: URLSearchParams): LogQuery | GatewayError => {
  const parameters = openParameters(search)
  const query = pageOf(parameters, scope)
  return parameters.problem() ?? query
}

/**
 * What to export: a page if `per_page` is given, otherwise everything that is selected, in chronological order.
 * Entries that are added meanwhile are left out.
 */
export const exportQuery = (
  scope: LogScope,
  search: URLSearchParams,
  now: number,
): LogQuery | TimeSelection | GatewayError => {
  const parameters = openParameters(search)
  const query = pageOf(parameters, scope)
  if (search.get("per_page")) return parameters.problem() ?? query
  const { page, perPage: _, orderBy, ...all } = query
  if (page > 1) parameters.refuse("page needs per_page: without it all entries are exported.")
  if (orderBy !== "created_at") {
    parameters.refuse(
      "An export of all entries is in the order of time: leave out order_by, or send per_page.",
    )
  }
  return parameters.problem() ??
    { ...all, filters: [...all.filters, { key: "created_at", operator: "lt", value: [now + 1] }] }
}

const pageOf = (parameters: QueryParameters, scope: LogScope): LogQuery => {
  const query = {
    ...selection(parameters, scope, "desc"),
    page: parameters.integer("page", 1, 1_000_000_000) ?? 1,
    perPage: parameters.integer("per_page", 1, 50) ?? 20,
  }
  // Cloudflare's switch for the ranges in `result_info`, which are always there.
  parameters.boolean("meta_info")
  return query
}

/** Which entries to stream: those that filters and search select, in the order in which requests end. */
export const tailQuery = (
  search: URLSearchParams,
): Pick<LogSelection, "filters" | "search"> | GatewayError => {
  const parameters = openParameters(search)
  const text = parameters.text("search", 1000)
  const filters = [...readFilters(parameters), ...flatFilters(parameters)]
  return parameters.problem() ?? { filters, ...(text !== undefined && { search: text }) }
}

/** What to delete, and the most entries. */
export interface Deletion {
  readonly selection: LogSelection
  readonly limit: number | undefined
}

/** A deletion: the oldest entries first, as at Cloudflare. */
export const deletion = (scope: LogScope, search: URLSearchParams): Deletion | GatewayError => {
  const parameters = openParameters(search)
  const asked = {
    selection: selection(parameters, scope, "asc"),
    limit: parameters.integer("limit", 1, 10_000_000),
  }
  return parameters.problem() ?? asked
}
