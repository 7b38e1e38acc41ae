/**
 * What is counted, and the operations on counts.
 *
 * @module
 */
import type { Spend } from "./counter.ts"
import type { Window, WindowUsage } from "./windows.ts"

/** What a rule counts for one partition, in all periods. */
export interface Count {
  /** `account/gateway`. */
  readonly gateway: string
  readonly name: string
  /** The count to use if there is no room for this one; `undefined` if an old count may be evicted instead. */
  readonly overflow: string | undefined
  /** For counts of money: the rule, and the partition in readable form. */
  readonly spend: Omit<Spend, "period"> | undefined
}

/** A count in a window. */
export interface Counted {
  readonly window: Window
  readonly count: Count
  /** Whether leases may reserve some of it; only for counts of money. */
  readonly reserves?: boolean
}

/** What a request takes from a count. It passes if there is room for all of it, and for at least one unit. */
export interface Take {
  readonly counted: Counted
  /** Counted immediately. */
  readonly by: number
  /** Reserved by a lease until it is settled: fills the window, but is not counted yet. Only for counts of money. */
  readonly holds: number
  /** Further use of the window that the caller knows of, such as calls in flight. */
  readonly ahead: number
}

/** The name under which reservations are settled. */
export interface Lease {
  /** Unique to the request. */
  readonly id: string
  /** Its lifetime, in milliseconds: a crash must not hold a budget forever. */
  readonly ttl: number
}

/** What a window has counted, and what leases reserve of it. */
export interface WindowUse extends WindowUsage {
  readonly held: number
}

/** The result of some takes. */
export interface Taken {
  /** Whether there was room for all of them; if not, nothing was counted. */
  readonly passed: boolean
  /** The time of the store's clock, in milliseconds since 1970. */
  readonly now: number
  /** In the order of the takes, including what was counted. */
  readonly uses: ReadonlyArray<WindowUse>
}

/** An amount that is counted once it is known. */
export interface Charge {
  readonly counted: Counted
  /** A whole number; 0 only releases what is reserved. */
  readonly by: number
}
