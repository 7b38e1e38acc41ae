/**
 * When tokens and provider keys were last used, as far back as the log reaches.
 *
 * @module
 */
import { get, getPage } from "./api.ts"
import type { Analytics, ListedEntry } from "./types.ts"

/** The days after which an unused key is pointed out. */
export const unusedDays = 90

/** The use of a key. */
export interface KeyUse {
  /** The day of its last call, as an ISO date; `undefined` if the log has none. */
  readonly lastDay: string | undefined
  readonly monthRequests: number
  readonly monthCost: number | null
}

/** The use of all keys. */
export interface Uses {
  readonly of: (key: string) => KeyUse
  /** The beginning of the log, as an ISO date, before which nothing is known; `undefined` if it is empty. */
  readonly logBegins: string | undefined
}

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** A map key for the values of some dimensions. */
export const keyOf = (values: ReadonlyArray<string | null | undefined>): string => JSON.stringify(values)

/**
 * Loads when each combination of some dimensions' values was last used, and what it cost this month.
 *
 * @param path of a gateway, or of an account
 * @param by the dimensions whose values identify a use
 */
export const loadUses = async (
  path: string,
  by: ReadonlyArray<string>,
  logPath: string | undefined,
  signal?: AbortSignal,
): Promise<Uses> => {
  const now = new Date()
  const month = new Date(now.getFullYear(), now.getMonth(), 1).toISOString()
  const dimensions = by.join(",")
  const [days, months, oldest] = await Promise.all([
    get<Analytics>(
      `${path}/analytics`,
      { since: `-${unusedDays}d`, bucket: "1d", by: dimensions, time_zone: timeZone },
      signal,
    ),
    get<Analytics>(`${path}/analytics`, { since: month, bucket: "all", by: dimensions }, signal),
    logPath === undefined ? undefined : getPage<ReadonlyArray<ListedEntry>>(
      `${logPath}/logs`,
      { per_page: 1, order_by: "created_at", order_by_direction: "asc" },
      signal,
    ),
  ])
  const keyIn = (group: Readonly<Record<string, string | null>>): string =>
    keyOf(by.map((name) => group[name]))
  const last = new Map<string, string>()
  // Rows are in chronological order.
  for (const { time, group } of days.rows) last.set(keyIn(group), time)
  const spent = new Map(months.rows.map((row) => [keyIn(row.group), row] as const))
  return {
    of: (key) => ({
      lastDay: last.get(key),
      monthRequests: spent.get(key)?.requests ?? 0,
      monthCost: spent.has(key) ? spent.get(key)?.cost ?? null : 0,
    }),
    logBegins: oldest?.result[0]?.created_at,
  }
}

const dayFormat = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", year: "numeric" })

/** A day in words. */
export const dayText = (iso: string): string => {
  const date = new Date(iso)
  if (date.toDateString() === new Date().toDateString()) return "today"
  if (date.toDateString() === new Date(Date.now() - 86_400_000).toDateString()) return "yesterday"
  return dayFormat.format(date)
}
