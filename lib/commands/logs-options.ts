/**
 * The options of `basegate logs`.
 *
 * @module
 */
import type { LogScope } from "../request-log/entry.ts"
import type { LogFilter } from "../request-log/query.ts"
import { Misuse } from "./command.ts"
import { gatewayOption, givenOptions } from "./options.ts"

/** What to show. */
export interface LogsOptions {
  readonly filters: ReadonlyArray<LogFilter>
  /** `undefined` for all gateways. */
  readonly scope: LogScope | undefined
  /** The number of entries to show. */
  readonly last: number
  /** The id of a single entry, to show in full. */
  readonly id: string | undefined
  readonly json: boolean
}

/** The text of `--help`. */
export const logsHelp = `Shows what the request log holds, the newest last.

  basegate logs [options]          (in a clone: npm run logs -- [options])

  --last <n>             so many entries, 1 to 10000; 20 if not said
  --since <time>         not older than 30s, 15m, 1h, 7d, or from 2026-11-25 or 2026-11-25T14:30 on
  --gateway <a/g>        of one gateway, by its account's and its own id
  --model <text>         of models with this in their name
  --failed               answered with an error, or broken off
  --id <id>              one entry with all that is known of it, by its cf-aig-log-id
  --json                 an object of JSON a line
  --help                 this

Examples

  basegate logs --failed --since 1h
  basegate logs --gateway acme/team --last 100 --json | jq .cost

It reads the SQLite file or the Postgres that BASEGATE_DB names, else basegate.db. Nothing is changed.`

const known = {
  last: { type: "string" },
  since: { type: "string" },
  gateway: { type: "string" },
  model: { type: "string" },
  failed: { type: "boolean" },
  id: { type: "string" },
  json: { type: "boolean" },
} as const

const units: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 }

/** A time in milliseconds since 1970; a date without a zone is in local time. */
const timeOf = (text: string, now: number): number | undefined => {
  const [, count, unit = ""] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  if (count !== undefined) return Math.max(1, now - Number(count) * (units[unit] ?? 0))
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined
  const time = Date.parse(text.length === 10 ? `${text}T00:00` : text)
  return Number.isNaN(time) ? undefined : time
}

/**
 * Reads the arguments of the command; `undefined` if help is requested. Throws a `Misuse` that says what is wrong
 * with them.
 */
export const logsOptions = (args: ReadonlyArray<string>, now: number): LogsOptions | undefined => {
  const { options } = givenOptions(args, known)
  if (options.has("help")) return undefined
  const last = options.get("last") ?? "20"
  if (!/^\d{1,5}$/.test(last) || Number(last) < 1 || Number(last) > 10_000) {
    throw new Misuse("--last takes a number from 1 to 10000")
  }
  const scope = gatewayOption(options.get("gateway"))
  const filters: Array<LogFilter> = []
  const since = options.get("since")
  if (since !== undefined) {
    const time = timeOf(since, now)
    if (time === undefined) {
      throw new Misuse("--since takes an age such as 15m, 1h or 7d, or a date such as 2026-11-25")
    }
    // Includes that moment: filters only have "greater than".
    filters.push({ key: "created_at", operator: "gt", value: [new Date(time - 1).toISOString()] })
  }
  const model = options.get("model")
  if (model !== undefined) filters.push({ key: "model", operator: "contains", value: [model] })
  if (options.has("failed")) filters.push({ key: "success", operator: "eq", value: [false] })
  return {
    filters,
    scope,
    last: Number(last),
    id: options.get("id"),
    json: options.has("json"),
  }
}
