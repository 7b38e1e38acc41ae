/**
 * What the management API answers, as far as the console reads it (`lib/admin/README.md`).
 *
 * @module
 */

export interface Account {
  readonly id: string
  readonly gateways: ReadonlyArray<string>
}

export interface Percentiles {
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export interface Figures {
  readonly requests: number
  readonly errors: number
  readonly cached: number
  readonly tokens_in: number
  readonly tokens_out: number
  readonly tokens_cached: number
  readonly cost: number | null
  readonly unpriced: number
  readonly duration: Percentiles
  readonly time_to_first_token: Percentiles
}

export interface Group extends Figures {
  readonly group: Readonly<Record<string, string | null>>
}

export interface Bucket extends Group {
  readonly time: string
}

export interface Analytics {
  readonly since: string
  readonly until: string
  readonly bucket_ms: number | null
  readonly rows: ReadonlyArray<Bucket>
  readonly totals: Figures
  readonly previous?: { readonly totals: Figures }
  readonly breakdowns?: Readonly<
    Record<string, { readonly rows: ReadonlyArray<Group>; readonly more: number }>
  >
}

export interface Attempt {
  readonly step: number
  readonly attempt: number
  readonly provider: string
  readonly model: string | null
  readonly url: string
  readonly status: number | null
  readonly error: string | null
  readonly started_ms: number
  readonly duration_ms: number
  readonly waited_ms: number
  readonly circuit: string | null
}

export interface Entry {
  readonly id: string
  readonly created_at: string
  readonly provider: string
  readonly model: string
  readonly deployment: string | null
  readonly token?: string | null
  readonly path: string
  readonly method: string
  readonly request_type: string
  readonly status_code: number
  readonly success: boolean
  readonly cached: boolean
  readonly stream: boolean
  readonly step: number
  readonly duration: number
  readonly tokens_in: number | null
  readonly tokens_out: number | null
  readonly tokens_cached: number | null
  readonly tokens_reasoning: number | null
  readonly tokens_per_second: number | null
  readonly usage_source: string | null
  readonly cost: number | null
  readonly custom_cost: boolean
  readonly metadata: Readonly<Record<string, string | number | boolean>>
  readonly feedback: -1 | 0 | 1 | null
  readonly score: number | null
  readonly ending: string
  readonly error: string | null
  readonly error_code: number | null
  readonly user_agent: string
  readonly key: string
  readonly upstream_status: number | null
  readonly request_bytes: number | null
  readonly response_bytes: number
  readonly request_content_type: string
  readonly response_content_type: string
  readonly time_to_headers_ms: number | null
  readonly time_to_first_byte_ms: number | null
  readonly time_to_first_token_ms: number | null
  readonly gateway_ms: number | null
  readonly attempts: ReadonlyArray<Attempt>
  readonly changes: ReadonlyArray<string>
}

export interface EntryDetail extends Entry {
  readonly request_head: string | null
  readonly request_head_complete: boolean
  readonly response_head: string | null
  readonly response_head_complete: boolean
}

export interface Status {
  readonly version: string
  readonly runtime: string | null
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
  readonly export_dropped: number
}

export interface Filter {
  readonly key: string
  readonly operator: string
  readonly value: ReadonlyArray<string>
}
