/**
 * The options of `basegate usage`.
 *
 * @module
 */
import { type Dimension, fixedDimensions } from "../request-log/analytics-query.ts"
import { calendarPeriods, dateIn, isTimeZone } from "../time/calendar.ts"
import { Misuse } from "./command.ts"
import { gatewayOption, givenOptions } from "./options.ts"

/** How figures are printed. */
export type UsageFormat = "table" | "csv" | "json"

/** What to sum up. */
export interface UsageOptions {
  readonly by: ReadonlyArray<Dimension>
  /** From (inclusive) and until (exclusive), in milliseconds since 1970. */
  readonly since: number
  readonly until: number
  readonly timeZone: string
  readonly account: string | undefined
  readonly gateway: string | undefined
  readonly format: UsageFormat
  /** The log's file, if one is named. */
  readonly file: string | undefined
  /** The URL of a gateway to ask instead of reading the file. */
  readonly url: URL | undefined
}

/** The text of `--help`. */
export const usageHelp =
  `Sums up what was used: requests, tokens, cost, and the calls that have no known price.

  basegate usage [options]

  --by <dimension>       token, model, deployment, gateway, provider, status, cached or metadata.KEY; up to three,
                         with commas; model if not said
  --month <month>        a calendar month such as 2026-11; this month if no time is said
  --since, --until       from and until (exclusive): 2026-11-01, 2026-11-01T14:30Z, or an age such as 7d or 24h
  --time-zone <name>     in which months and dates begin, such as Europe/Berlin; UTC if not said
  --gateway <a/g>        of one gateway, by its account's and its own id
  --account <id>         of one account
  --csv, --json          for other programs, with every digit of the cost
  --db <file or url>     the log's file, or its database as postgres://…; if not said, what BASEGATE_DB names, else
                         basegate.db
  --url <url>            asks a running gateway; BASEGATE_ADMIN_TOKEN has to be its admin token
  --help                 this

Examples

  basegate usage --by token --month 2026-11 --time-zone Europe/Berlin --csv > november.csv
  basegate usage --by metadata.team,model --since 7d
  BASEGATE_ADMIN_TOKEN=… basegate usage --url https://gateway.example --account acme

Sums are exact: they have every digit of what the entries of the log have. Calls without a known price are counted as
unpriced, and not as 0. A Node without SQLite (before 22.13) cannot read the file: there the gateway at HOST and PORT is
asked if BASEGATE_ADMIN_TOKEN is set.`

const known = {
  by: { type: "string" },
  month: { type: "string" },
  since: { type: "string" },
  until: { type: "string" },
  "time-zone": { type: "string" },
  gateway: { type: "string" },
  account: { type: "string" },
  csv: { type: "boolean" },
  json: { type: "boolean" },
  db: { type: "string" },
  url: { type: "string" },
} as const

const dimensionsIn = (text: string): ReadonlyArray<Dimension> => {
  const names = [...new Set(text.split(",").filter((name) => name !== ""))]
  const by = names.filter((name): name is Dimension =>
    fixedDimensions.some((known) => known === name) || /^metadata\..{1,64}$/s.test(name)
  )
  if (by.length === 0 || by.length < names.length || by.length > 3) {
    throw new Misuse(`--by takes up to three of ${fixedDimensions.join(", ")} and metadata.KEY, with commas`)
  }
  return by
}

const units: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 }

const momentOf = (name: string, text: string, timeZone: string, now: number): number => {
  const [, count, unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (count !== undefined) return Math.max(0, now - Number(count) * (units[unit] ?? 0))
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text)
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text)
  const time = isDate || isMoment
    ? Date.parse(isDate || /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`)
    : NaN
  if (Number.isNaN(time)) {
    throw new Misuse(
      `--${name} takes a date such as 2026-11-01 or 2026-11-01T14:30Z, or an age such as 7d or 24h`,
    )
  }
  return isDate ? dateIn(timeZone, time) : time
}

const monthOf = (text: string, timeZone: string): { readonly since: number; readonly until: number } => {
  const [, year = "", month = ""] = /^(\d{4})-(\d\d)$/.exec(text) ?? []
  if (year === "" || Number(month) < 1 || Number(month) > 12) {
    throw new Misuse("--month takes a month such as 2026-11")
  }
  const first = Date.UTC(Number(year), Number(month) - 1)
  return { since: dateIn(timeZone, first), until: dateIn(timeZone, Date.UTC(Number(year), Number(month))) }
}

const periodOf = (options: ReadonlyMap<string, string>, timeZone: string, now: number) => {
  const [month, since, until] = ["month", "since", "until"].map((name) => options.get(name))
  if (month !== undefined) {
    if (since !== undefined || until !== undefined) {
      throw new Misuse("--month excludes --since and --until")
    }
    return monthOf(month, timeZone)
  }
  const period = {
    since: since === undefined
      ? calendarPeriods("month", timeZone).at(now).start
      : momentOf("since", since, timeZone, now),
    until: until === undefined ? now + 1 : momentOf("until", until, timeZone, now),
  }
  if (period.since >= period.until) throw new Misuse("--since has to be before --until")
  return period
}

const urlOf = (text: string | undefined): URL | undefined => {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Misuse("--url takes the address of a gateway such as http://127.0.0.1:8787")
  }
  return url
}

/** Reads the arguments; `undefined` if help is requested. Throws a `Misuse` that says what is wrong with them. */
export const usageOptions = (args: ReadonlyArray<string>, now: number): UsageOptions | undefined => {
  const { options } = givenOptions(args, known)
  if (options.has("help")) return undefined
  const timeZone = options.get("time-zone") ?? "UTC"
  if (!isTimeZone(timeZone)) throw new Misuse("--time-zone takes a name such as Europe/Berlin")
  const only = gatewayOption(options.get("gateway"))
  const account = options.get("account")
  if (account !== undefined && !/^[\w-]{1,64}$/.test(account)) {
    throw new Misuse("--account takes an account's id")
  }
  if (account !== undefined && only !== undefined) {
    throw new Misuse("--gateway names an account already: leave out --account")
  }
  if (options.has("csv") && options.has("json")) throw new Misuse("--csv and --json exclude each other")
  if (options.has("db") && options.has("url")) throw new Misuse("--db and --url exclude each other")
  return {
    by: dimensionsIn(options.get("by") ?? "model"),
    ...periodOf(options, timeZone, now),
    timeZone,
    account: only?.account ?? account,
    gateway: only?.gateway,
    format: options.has("csv") ? "csv" : options.has("json") ? "json" : "table",
    file: options.get("db"),
    url: urlOf(options.get("url")),
  }
}
