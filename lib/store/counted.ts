/**
 * What is counted, and what is done with the counts.
 *
 * @module
 */
import type { Spend } from "./counter.ts"
import type { Window, WindowUsage } from "./windows.ts"

/** What a rule counts for one partition, over all of time. */
export interface Count {
  /** `account/gateway`. */
  readonly gateway: string
  readonly name: string
  /** The count to use when there is no room for another; `undefined` if an old one may be forgotten instead. */
  readonly overflow: string | undefined
  /** For counts of money: the rule, and the partition for people to read. */
  readonly spend: Omit<Spend, "period"> | undefined
}

/** A window, and what is counted in it. */
export interface Counted {
  readonly window: Window
  readonly count: Count
  /** Whether leases may hold some of it; only for counts of money. */
  readonly reserves?: boolean
}

/** What a request takes from a count; it passes if there is room for all of it, and for one unit at least. */
export interface Take {
  readonly counted: Counted
  /** Counted at once. */
  readonly by: number
  /** Held by a lease until that is settled: it fills the window, but is not counted yet. Only for counts of money. */
  readonly holds: number
  /** Further use of the window that the caller knows of, such as calls under way. */
  readonly ahead: number
}

/** The name under which holds are settled. */
export interface Lease {
  /** Differs from those of all other requests. */
  readonly id: string
  /** How long it holds, in milliseconds: a crash must not hold a budget for ever. */
  readonly ttl: number
}

/** What a window has counted, and what leases hold of it. */
export interface WindowUse extends WindowUsage {
  readonly held: number
}

/** The result of some takes. */
export interface Taken {
  /** Whether all found room; if not, nothing was counted. */
  readonly passed: boolean
  /** When, by the store's clock, in milliseconds since 1970. */
  readonly now: number
  /** In the order of the takes, with what was counted. */
  readonly uses: ReadonlyArray<WindowUse>
}

/** A charge, counted once it is known. */
export interface Charge {
  readonly counted: Counted
  /** A whole number; 0 releases what is held. */
  readonly by: number
}
