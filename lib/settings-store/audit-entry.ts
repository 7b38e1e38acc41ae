/**
 * The audit's entry about a change to the written settings.
 *
 * @module
 */

/** The kinds of things that are written. */
export const auditedKinds = [
  "gateway",
  "route",
  "provider_config",
  "custom_provider",
  "token",
  "dataset",
  "evaluation",
  "evaluation_type",
] as const

/** One of these kinds. */
export type AuditedKind = typeof auditedKinds[number]

/** One change: who made it, when, from where, and what it was. Without secrets. */
export interface AuditEntry {
  readonly id: string
  /** ISO date. */
  readonly when: string
  /** The admin token's name. */
  readonly who: string
  /** The client's address; `null` if the host does not know it. */
  readonly from: string | null
  /** The client's address according to a proxy; `null` if there is no proxy. */
  readonly forwarded_for: string | null
  /** Such as `gateway.update`. */
  readonly action: string
  readonly kind: AuditedKind
  readonly account_id: string
  /** `null` if the change concerns the account. */
  readonly gateway_id: string | null
  readonly resource_id: string
  /** What the management API showed before and after; `null` if it did not exist. */
  readonly before: unknown
  readonly after: unknown
}

/** A page of the audit, the newest entries first. */
export interface AuditQuery {
  readonly account: string
  readonly gateway: string | undefined
  /** From (inclusive) and until (exclusive), as ISO dates in UTC. */
  readonly since?: string
  readonly until?: string
  readonly who?: string
  readonly kind?: AuditedKind
  /** The id of what was changed. */
  readonly resource?: string
  /** From 1. */
  readonly page: number
  readonly perPage: number
}

/** Whether an entry matches a query. */
export const isAsked = (
  { account, gateway, since, until, who, kind, resource }: AuditQuery,
  entry: AuditEntry,
): boolean =>
  entry.account_id === account &&
  (gateway === undefined || entry.gateway_id === gateway) &&
  (since === undefined || entry.when >= since) &&
  (until === undefined || entry.when < until) &&
  (who === undefined || entry.who === who) &&
  (kind === undefined || entry.kind === kind) &&
  (resource === undefined || entry.resource_id === resource)

/** The entries of a page, and how many there are in all. */
export interface AuditPage {
  readonly entries: ReadonlyArray<AuditEntry>
  readonly total: number
}
