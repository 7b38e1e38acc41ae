/**
 * Filters of requests, in the forms of the address and the API.
 *
 * @module
 */
import { pageHref } from "./location.tsx"
import type { Scope } from "./scope.tsx"
import type { Filter } from "./types.ts"

/** How values of a key are compared. */
export type FilterKind = "text" | "truth" | "number" | "metadata"

/** The keys for filters, with their kinds and readable names. `metadata` stands for a pair of two keys. */
export const keys: Readonly<Record<string, readonly [kind: FilterKind, name: string]>> = {
  model: ["text", "Model"],
  status_code: ["number", "Status"],
  success: ["truth", "Succeeded"],
  ending: ["text", "Ending"],
  error: ["text", "Error"],
  token: ["text", "Token"],
  metadata: ["metadata", "Metadata"],
  deployment: ["text", "Deployment"],
  key_alias: ["text", "Provider's key"],
  dynamic_route: ["text", "Way through a route"],
  requested_model: ["text", "Asked for"],
  provider: ["text", "Provider"],
  cached: ["truth", "From the cache"],
  dlp_action: ["text", "Data loss prevention"],
  guardrails_action: ["text", "Guardrails"],
  rescued: ["text", "Rescued by"],
  rescued_from: ["text", "Rescued from"],
  cost: ["number", "Cost, $"],
  tokens: ["number", "Tokens"],
  tokens_in: ["number", "Tokens in"],
  tokens_out: ["number", "Tokens out"],
  duration: ["number", "Duration, ms"],
  feedback: ["number", "Feedback"],
  request_type: ["text", "Route"],
  event_id: ["text", "Event id"],
  id: ["text", "Log id"],
  user_agent: ["text", "Client"],
  authentication: ["truth", "With a gateway token"],
  compatibilityMode: ["truth", "Unified endpoint"],
  request_content_type: ["text", "Request's type"],
  response_content_type: ["text", "Answer's type"],
}

/** The operators of each kind. */
export const operators: Readonly<Record<FilterKind, ReadonlyArray<string>>> = {
  text: ["eq", "neq", "contains"],
  truth: ["eq"],
  number: ["eq", "neq", "lt", "gt"],
  metadata: ["eq", "contains"],
}

/** Operators in words. */
export const words: Readonly<Record<string, string>> = {
  eq: "is",
  neq: "is not",
  contains: "contains",
  lt: "is less than",
  gt: "is more than",
}

/** Parses the filters of an address; anything else is ignored. */
export const filtersIn = (text: string | null): ReadonlyArray<Filter> => {
  try {
    const parsed: unknown = JSON.parse(text ?? "[]")
    return (Array.isArray(parsed) ? parsed : []).map(Object).filter((filter): filter is Filter =>
      typeof filter.key === "string" && typeof filter.operator === "string" && Array.isArray(filter.value)
    )
  } catch {
    return []
  }
}

/** Filters in the form of the address; `undefined` if there are none. */
export const filtersText = (filters: ReadonlyArray<Filter>): string | undefined =>
  filters.length === 0 ? undefined : JSON.stringify(filters)

/** A condition on a metadata pair: the API treats two such filters in succession as one. */
export const metadataFilters = (name: string, operator: string, value: string): ReadonlyArray<Filter> => [
  { key: "metadata.key", operator: "eq", value: [name] },
  { key: "metadata.value", operator, value: [value] },
]

/** The filters that select the requests of a group of figures; none for a gateway, which is chosen by the scope. */
export const groupFilters = (dimension: string, value: string | null): ReadonlyArray<Filter> => {
  if (dimension === "gateway") return []
  if (dimension.startsWith("metadata.")) {
    const name = dimension.slice("metadata.".length)
    return value === null
      ? [{ key: "metadata.key", operator: "neq", value: [name] }]
      : metadataFilters(name, "eq", value)
  }
  const key = dimension === "status" ? "status_code" : dimension
  return [{ key, operator: "eq", value: [value ?? ""] }]
}

/** The address of the log with filters. */
export const logHref = (
  scope: Pick<Scope, "gateway">,
  filters: ReadonlyArray<Filter>,
  changes: Readonly<Record<string, string | undefined>> = {},
): string => pageHref("/console/log", { gateway: scope.gateway, filters: filtersText(filters), ...changes })

/** A chip: filters that are shown, and removed, together. */
export interface FilterChip {
  readonly text: string
  readonly of: ReadonlyArray<Filter>
}

const valueText = (value: string): string => value === "" ? "nothing" : String(value)

/** Filters in words; a metadata pair is one chip. */
export const filterChips = (filters: ReadonlyArray<Filter>): ReadonlyArray<FilterChip> => {
  const chips: Array<FilterChip> = []
  for (let index = 0; index < filters.length; index++) {
    const filter = filters[index] as Filter
    const next = filters[index + 1]
    const values = filter.value.map(valueText).join(" or ")
    if (filter.key === "metadata.key" && filter.operator === "eq" && next?.key === "metadata.value") {
      const word = words[next.operator] ?? next.operator
      chips.push({ text: `${values} ${word} ${next.value.map(valueText).join(" or ")}`, of: [filter, next] })
      index++
    } else {
      const name = keys[filter.key]?.[1] ?? filter.key
      chips.push({ text: `${name} ${words[filter.operator] ?? filter.operator} ${values}`, of: [filter] })
    }
  }
  return chips
}
