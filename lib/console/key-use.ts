/**
 * When tokens and provider keys were used, as far as the log reaches back.
 *
 * @module
 */
import { get, getPage } from "./api.ts"
import type { Analytics, ListedEntry } from "./types.ts"

/** For how long a key has to be unused to be worth a question. */
export const unusedDays = 90

/** What is known of a key. */
export interface KeyUse {
  /** The day of its last call, as an ISO date; `undefined` if the log has none. */
  readonly lastDay: string | undefined
  readonly monthRequests: number
  readonly monthCost: number | null
}

/** What is known of keys. */
export interface Uses {
  readonly of: (key: string) => KeyUse
  /** When the log begins, as an ISO date: before that nothing is known. `undefined` if it is empty. */
  readonly logBegins: string | undefined
}

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** A key of some dimensions' values. */
export const keyOf = (values: ReadonlyArray<string | null | undefined>): string => JSON.stringify(values)

/**
 * Reads when each value of some dimensions was last called, and what it cost this month.
 *
 * @param path of a gateway, or of an account
 * @param by dimensions, by whose values `of` finds a use
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
  // Rows are in the order of time.
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

/** A day as people say it. */
export const dayText = (iso: string): string => {
  const date = new Date(iso)
  if (date.toDateString() === new Date().toDateString()) return "today"
  if (date.toDateString() === new Date(Date.now() - 86_400_000).toDateString()) return "yesterday"
  return dayFormat.format(date)
}
