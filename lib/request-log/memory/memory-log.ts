/**
 * The request log in memory, bounded by entries and bytes whatever the settings of gateways allow.
 *
 * Times are passed in, in milliseconds since 1970. There is no background work: entries that are too old are removed
 * when their gateway's next entry comes, and are not shown in the meantime.
 *
 * @module
 */
import type { LogSettings } from "../../config/log-settings.ts"
import type { RequestRecord } from "../../record/request-record.ts"
import { gather, groupOf } from "../analytics.ts"
import { conditionsOf } from "../conditions.ts"
import type { LogEntry, LogPatch, LogScope, Payload, Payloads } from "../entry.ts"
import type { FilterableFields } from "../filterable-fields.ts"
import { noTally, tallyFacts } from "../aggregates.ts"
import { type Fifo, fifo } from "./fifo.ts"
import { factsOfHeld, type GatewayEntries, Held, logEntryOf } from "./held.ts"
import { compareText, found, matchesConditions, orderOf } from "../filter.ts"
import type { LogCursor, LogPage, LogQuery, LogSelection, LogStretch, TimeSelection } from "../query.ts"
import type {
  AnalyticsDivision,
  AnalyticsQuery,
  AnalyticsRow,
  AnalyticsSelection,
} from "../analytics-query.ts"
import { payloadsWeight, recordWeight } from "./weight.ts"

/** Bounds of the memory, for all gateways together. Beyond them the oldest entries are dropped. */
export interface MemoryLogOptions {
  /** 10,000 by default, which is some 25 MB without bodies. */
  readonly maxEntries?: number
  /** The most bytes, roughly; 64 MiB by default. Bodies above an eighth of it are not kept. */
  readonly maxBytes?: number
}

/** The settings of a gateway that the log uses. */
export type LogLimits = Pick<LogSettings, "maxEntries" | "strategy" | "retention">

/** The largest share of the memory that the bodies of one entry may take. */
const largestShare = 1 / 8

const scopeKey = ({ account, gateway }: LogScope): string => `${account}/${gateway}`
/** The log in memory; see `RequestLog` for what its methods promise. */
export interface MemoryLog {
  readonly append: (record: RequestRecord, payloads: Payloads | undefined, now: number) => void
  readonly list: (query: LogQuery, now: number) => LogPage
  readonly stretch: (
    selection: TimeSelection,
    after: LogCursor | undefined,
    limit: number,
    now: number,
  ) => LogStretch
  readonly get: (scope: LogScope, id: string, now: number) => LogEntry | undefined
  readonly payload: (scope: LogScope, id: string, which: keyof Payloads, now: number) => Payload | undefined
  readonly patch: (scope: LogScope, id: string, patch: LogPatch, now: number) => boolean
  readonly remove: (selection: LogSelection, limit: number | undefined, now: number) => number
  readonly analytics: (query: AnalyticsQuery, now: number) => ReadonlyArray<AnalyticsRow>
  readonly divided: (
    selection: AnalyticsSelection,
    divisions: ReadonlyArray<AnalyticsDivision>,
    now: number,
  ) => ReadonlyArray<ReadonlyArray<AnalyticsRow>>
  /**
   * The newest `most` of the entries from a sequence number on, the sequence number of the next one, and how many
   * were left out.
   */
  readonly after: (sequence: number | undefined, most: number) => {
    readonly entries: ReadonlyArray<LogEntry>
    readonly end: number
    readonly skipped: number
  }
  /** The gateways that have entries. */
  readonly places: () => ReadonlyArray<LogScope>
  /** The oldest entries. */
  readonly first: (count: number) => ReadonlyArray<Held>
  /** Removes an entry. */
  readonly release: (held: Held) => void
  readonly size: () => number
  /** The entries dropped because of the bounds, and those that `STOP_INSERTING` refused. */
  readonly counts: () => { readonly evicted: number; readonly refused: number }
}

/**
 * Creates an empty log.
 *
 * @param limitsOf the settings of a gateway; entries of one without settings are not kept
 */
export const makeMemoryLog = (
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
  { maxEntries = 10_000, maxBytes = 67_108_864 }: MemoryLogOptions = {},
): MemoryLog => {
  const byId = new Map<string, Held>()
  const all = fifo<Held>()
  const gateways = new Map<string, GatewayEntries>()
  let bytes = 0
  let appended = 0
  let evicted = 0
  let refused = 0

  const release = (held: Held): void => {
    const { key, queue } = held.of
    held.gone = true
    byId.delete(held.record.request_id)
    bytes -= held.weight
    all.left()
    queue.left()
    if (queue.size() === 0) gateways.delete(key)
  }
  const oldestAllowed = ({ account, gateway }: LogScope, now: number): number =>
    now - (limitsOf(account, gateway)?.retention ?? Infinity)

  const heldBy = (scope: LogScope, now: number): ReadonlyArray<readonly [Held, FilterableFields]> => {
    const since = oldestAllowed(scope, now)
    return (gateways.get(scopeKey(scope))?.queue.items() ?? [])
      .map((held) => [held, factsOfHeld(held)] as const)
      .filter(([, { created }]) => created >= since)
  }
  const selected = (
    selection: LogSelection,
    now: number,
  ): ReadonlyArray<readonly [Held, FilterableFields]> => {
    const conditions = conditionsOf(selection.filters)
    const order = orderOf(selection)
    return heldBy(selection.scope, now)
      .filter(([, facts]) =>
        matchesConditions(facts, conditions) &&
        (selection.search === undefined || found(facts, selection.search))
      )
      .sort(([, one], [, other]) => order(one, other))
  }
  const find = (scope: LogScope, id: string, now: number): Held | undefined => {
    const held = byId.get(id)
    if (held?.record.account_id !== scope.account || held.record.gateway_id !== scope.gateway) {
      return undefined
    }
    return held.created < oldestAllowed(scope, now) ? undefined : held
  }
  const divided: MemoryLog["divided"] = (selection, divisions, now) => {
    const { account, gateway, since, until, filters } = selection
    const parts = divisions.map((division) => ({
      by: division.by,
      into: gather({ ...division, since }),
    }))
    const conditions = conditionsOf(filters)
    for (const { scope } of gateways.values()) {
      if (scope.account !== account || (gateway ?? scope.gateway) !== scope.gateway) continue
      for (const [, facts] of heldBy(scope, now)) {
        const { created } = facts
        if (created < since || created >= until || !matchesConditions(facts, conditions)) continue
        for (const { by, into } of parts) into.add(created, groupOf(by, scope.gateway, facts), facts)
      }
    }
    return parts.map(({ into }) => into.rows())
  }
  /** Makes room within a gateway's own limit; `false` if the limit forbids new entries. */
  const admit = (
    queue: Fifo<Held>,
    { maxEntries, strategy, retention = Infinity }: LogLimits,
    now: number,
  ): boolean => {
    for (let held = queue.first(); held !== undefined; held = queue.first()) {
      const isOld = retention !== Infinity && held.created < now - retention
      const isFull = maxEntries !== undefined && queue.size() >= maxEntries
      if (!isOld && isFull && strategy === "STOP_INSERTING") return false
      if (!isOld && !isFull) return true
      release(held)
    }
    return true
  }

  return {
    append: (record, payloads, now) => {
      const { account_id: account, gateway_id: gateway } = record
      if (account === null || gateway === null) return
      const limits = limitsOf(account, gateway)
      if (limits === undefined) return
      const key = `${account}/${gateway}`
      const of = gateways.get(key) ?? { key, scope: { account, gateway }, queue: fifo<Held>() }
      if (!admit(of.queue, limits, now)) return void refused++
      const bodies = payloads === undefined ? 0 : payloadsWeight(payloads)
      const keeps = bodies <= maxBytes * largestShare
      const weight = recordWeight(record) + (keeps ? bodies : 0)
      for (let first = all.first(); first !== undefined; first = all.first()) {
        if (byId.size < maxEntries && bytes + weight <= maxBytes) break
        release(first)
        evicted++
      }
      const double = byId.get(record.request_id)
      if (double !== undefined) release(double)
      // The gateway is new, or was forgotten when it became empty.
      if (of.queue.size() === 0) gateways.set(key, of)
      const held = new Held(record, keeps ? payloads : undefined, weight, of, appended++)
      byId.set(record.request_id, held)
      all.push(held)
      of.queue.push(held)
      bytes += weight
    },
    list: (query, now) => {
      const entries = selected(query, now)
      const tally = noTally()
      for (const [, facts] of entries) tallyFacts(tally, facts)
      const from = (query.page - 1) * query.perPage
      return {
        ...tally,
        entries: entries.slice(from, from + query.perPage).map(([held]) => logEntryOf(held)),
      }
    },
    stretch: (selection, after, limit, now) => {
      const sign = selection.descending ?? true ? -1 : 1
      const follows = ({ created, id }: LogCursor): boolean =>
        after === undefined || sign * (created - after.created || compareText(id, after.id)) > 0
      const rest = selected(selection, now).filter(([, facts]) => follows(facts))
      const entries = rest.slice(0, limit)
      const last = rest.length > limit ? entries.at(-1)?.[1] : undefined
      return { entries: entries.map(([held]) => logEntryOf(held)), next: last, from: "memory" }
    },
    get: (scope, id, now) => {
      const held = find(scope, id, now)
      return held && logEntryOf(held)
    },
    payload: (scope, id, which, now) => find(scope, id, now)?.payloads?.[which] ?? undefined,
    patch: (scope, id, patch, now) => {
      const held = find(scope, id, now)
      if (held !== undefined) held.patch = { ...held.patch, ...patch }
      return held !== undefined
    },
    remove: (selection, limit, now) => {
      const entries = selected(selection, now).slice(0, limit)
      for (const [held] of entries) release(held)
      return entries.length
    },
    analytics: (query, now) => divided(query, [query], now)[0] ?? [],
    divided,
    after: (sequence = appended, most) => {
      if (sequence >= appended) return { entries: [], end: appended, skipped: 0 }
      const held = all.items().filter((one) => one.sequence >= sequence)
      const skipped = Math.max(0, held.length - most)
      return { entries: held.slice(skipped).map(logEntryOf), end: appended, skipped }
    },
    places: () => [...gateways.values()].map(({ scope }) => scope),
    first: all.take,
    release,
    size: () => byId.size,
    counts: () => ({ evicted, refused }),
  }
}
