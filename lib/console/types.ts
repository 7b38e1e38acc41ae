/**
 * The answers of the management API, as far as the console reads them (`lib/admin/README.md`). Only types of the
 * gateway are imported, none of its code.
 *
 * @module
 */
import type { entryDetailJson, entryJson } from "../admin/entry-json.ts"
import type { LimitState } from "../limit/limit-list.ts"
import type { Guarantees } from "../store/guarantee.ts"
import type { AnalyticsRow } from "../request-log/analytics-query.ts"

export type { Guarantee } from "../store/guarantee.ts"
export type { EntryPrice } from "../admin/entry-price.ts"
export type { Percentiles } from "../request-log/analytics-query.ts"

export interface Account {
  readonly id: string
  readonly gateways: ReadonlyArray<string>
}

export type Figures = Omit<AnalyticsRow, "time" | "group">
export type FigureGroup = Omit<AnalyticsRow, "time">
export interface FigureBucket extends FigureGroup {
  readonly time: string
}

export interface Analytics {
  readonly since: string
  readonly until: string
  readonly bucket_ms: number | null
  readonly by: ReadonlyArray<string>
  readonly rows: ReadonlyArray<FigureBucket>
  readonly totals: Figures
  readonly previous?: { readonly totals: Figures }
  readonly breakdowns?: Readonly<
    Record<string, { readonly rows: ReadonlyArray<FigureGroup>; readonly more: number }>
  >
  readonly series?: Readonly<Record<string, ReadonlyArray<FigureBucket>>>
}

export type ListedEntry = ReturnType<typeof entryJson>
export type EntryDetail = ReturnType<typeof entryDetailJson>

/** `refused` is the number of calls that the limit refused, if the gateway counts them. */
export type Limit = LimitState & { readonly refused?: number | null }

export interface Status {
  readonly version: string
  readonly runtime: string | null
  /** `null` if the process is alone. */
  readonly workers: { readonly configured: number; readonly running: number } | null
  readonly started_at: string
  readonly settings: {
    readonly version: number
    readonly source: string
    readonly loaded_at: string
    readonly problem: string | null
  }
  readonly in_flight: number
  readonly log: {
    readonly kind: string
    readonly healthy: boolean
    readonly entries: number
    readonly pending: number
    readonly dropped: number
  }
  readonly limits: {
    readonly guarantees: Guarantees
    readonly store: {
      readonly healthy: boolean
      readonly owed: number
      readonly outages: Readonly<Record<string, number>>
    } | null
  }
  readonly circuits: ReadonlyArray<{
    readonly host: string
    readonly state: "closed" | "open" | "half_open"
    readonly probe_in_ms: number
  }>
  readonly exports: ReadonlyArray<"traces" | "metrics" | "logs">
  readonly export_dropped: number
}

export interface Filter {
  readonly key: string
  readonly operator: string
  readonly value: ReadonlyArray<string>
}
