/**
 * The format in which a list is requested.
 *
 * @module
 */
import { adminBadRequest } from "../errors/admin-errors.ts"
import type { GatewayError } from "../errors.ts"

/** The formats other than JSON. */
export type ExportFormat = "csv" | "ndjson"

/** The format, and the other parameters of the query. */
export interface AskedFormat {
  readonly format: ExportFormat | "json"
  readonly search: URLSearchParams
}

const formats = ["json", "csv", "ndjson"] as const

const mediaTypes = new Map<string, typeof formats[number]>([
  ["text/csv", "csv"],
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/json", "json"],
  ["application/*", "json"],
  ["*/*", "json"],
])

/** The format that an `Accept` header prefers (RFC 9110 §12.5.1); JSON if it names none of them. */
const acceptedFormat = (accept: string | null): typeof formats[number] => {
  let best: typeof formats[number] = "json"
  let weight = 0
  for (const range of (accept ?? "").toLowerCase().split(",", 50)) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim())
    const format = mediaTypes.get(type)
    const quality = parameters.find((part) => part.startsWith("q="))?.slice(2) ?? "1"
    if (format === undefined || !(Number(quality) > weight)) continue
    best = format
    weight = Number(quality)
  }
  return best
}

/** The requested format: the parameter `format` takes precedence over the header. */
export const requestedFormat = (asked: URLSearchParams, headers: Headers): AskedFormat | GatewayError => {
  const [named = "", ...more] = asked.getAll("format")
  const search = new URLSearchParams(asked)
  search.delete("format")
  if (named === "" && more.length === 0) return { format: acceptedFormat(headers.get("accept")), search }
  const format = formats.find((known) => known === named)
  return format === undefined || more.length > 0
    ? adminBadRequest(`format takes one of ${formats.join(", ")}, once.`)
    : { format, search }
}
