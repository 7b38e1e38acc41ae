/**
 * What the audit keeps of a change to the written settings.
 *
 * @module
 */

/** The kinds of things that are written. */
export type AuditedKind = "gateway" | "route" | "provider_config" | "custom_provider" | "token"

/** One change: who made it, when, from where, and what it was. Without secrets. */
export interface AuditEntry {
  readonly id: string
  /** ISO date. */
  readonly when: string
  /** The admin token's name. */
  readonly who: string
  /** The client's address; `null` if the host does not know it. */
  readonly from: string | null
  /** Of whom a proxy says that it has asked; `null` if none does. */
  readonly forwarded_for: string | null
  /** Such as `gateway.update`. */
  readonly action: string
  readonly kind: AuditedKind
  readonly account_id: string
  /** `null` if the change is about the account. */
  readonly gateway_id: string | null
  readonly resource_id: string
  /** As the management API showed it before, and after; `null` if it was not there. */
  readonly before: unknown
  readonly after: unknown
}

/** A page of the audit, the newest entries first. */
export interface AuditQuery {
  readonly account: string
  readonly gateway: string | undefined
  /** From 1. */
  readonly page: number
  readonly perPage: number
}

/** The entries of a page, and how many there are in all. */
export interface AuditPage {
  readonly entries: ReadonlyArray<AuditEntry>
  readonly total: number
}
