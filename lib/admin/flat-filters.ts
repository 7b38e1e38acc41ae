/**
 * The parameters that Cloudflare had before `filters`, and still accepts: `model=…`, `min_cost=…`, `start_date=…`.
 *
 * @module
 */
import type { FilterKey, LogFilter } from "../request-log/query.ts"
import type { QueryParameters } from "./query-parameters.ts"

const texts = ["provider", "model", "model_type", "request_content_type", "response_content_type"] as const
const flags = ["cached", "success"] as const
const ranges = [
  ["cost", "cost"],
  ["duration", "duration"],
  ["tokens_in", "tokens_in"],
  ["tokens_out", "tokens_out"],
  ["total_tokens", "tokens"],
] as const satisfies ReadonlyArray<readonly [string, FilterKey]>

/**
 * The next representable number, up or down, from 0 on: inclusive bounds become "more than" and "less than" the
 * neighbours.
 */
const neighbour = (value: number, step: 1n | -1n): number => {
  if (value === 0) return step === 1n ? Number.MIN_VALUE : -1
  const bits = new BigInt64Array(new Float64Array([value]).buffer)
  bits[0] = (bits[0] ?? 0n) + step
  return new Float64Array(bits.buffer)[0] ?? value
}

/** These parameters, as filters. */
export const flatFilters = (parameters: QueryParameters): ReadonlyArray<LogFilter> => {
  const filters: Array<LogFilter> = []
  const add = (
    key: FilterKey,
    operator: LogFilter["operator"],
    value: string | number | boolean | undefined,
  ) => {
    if (value !== undefined) filters.push({ key, operator, value: [value] })
  }
  for (const name of texts) add(name, "eq", parameters.text(name, 1000))
  for (const name of flags) add(name, "eq", parameters.boolean(name))
  add("feedback", "eq", parameters.integer("feedback", -1, 1))
  for (const [name, key] of ranges) {
    const least = parameters.number(`min_${name}`, 0, Number.MAX_SAFE_INTEGER)
    const most = parameters.number(`max_${name}`, 0, Number.MAX_SAFE_INTEGER)
    if (least !== undefined) add(key, "gt", neighbour(least, -1n))
    if (most !== undefined) add(key, "lt", neighbour(most, 1n))
  }
  const start = parameters.date("start_date")
  const end = parameters.date("end_date")
  if (start !== undefined) add("created_at", "gt", start - 1)
  if (end !== undefined) add("created_at", "lt", end + 1)
  return filters
}
