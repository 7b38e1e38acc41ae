/**
 * The counts of a store whose counters are synchronous: in memory, or in a file.
 *
 * @module
 */
import type { PlainClock } from "../time/clock.ts"
import type { Addition, SpendQuery, SpentPage } from "./counter.ts"
import { additionOf, fits, usageReads, usesIn } from "./period-counters.ts"
import type { Charge, Counted, Lease, Take, Taken } from "./counted.ts"
import { type Holds, makeHolds } from "./holds.ts"

/** Counters by period; `now` is in milliseconds since 1970. */
export interface Counters {
  /** Makes additions, and returns the resulting sums; an addition of 0 reads a counter without creating it. */
  readonly add: (additions: ReadonlyArray<Addition>, now: number) => ReadonlyArray<number>
  readonly spent: (query: SpendQuery, now: number) => SpentPage
}

/** The synchronous operations of a store on counts. */
export interface CountingStore {
  readonly take: (takes: ReadonlyArray<Take>, lease?: Lease) => Taken
  readonly charge: (charges: ReadonlyArray<Charge>) => void
  readonly settle: (lease: string, charges: ReadonlyArray<Charge>) => void
  readonly peek: (counted: ReadonlyArray<Counted>) => Taken
  readonly spent: (query: SpendQuery) => SpentPage
}

const countedOf = ({ counted }: { readonly counted: Counted }): Counted => counted

/** Where leases are kept, and how other processes are kept from counting between a check and the act that follows. */
export interface Leases {
  readonly holds: Holds
  readonly exclusively: <A>(run: () => A) => A
  /** Whether other processes always take from the same counts, not only under leases. */
  readonly always?: boolean
}

/** The leases of a process that counts alone. */
const ownLeases = (): Leases => ({ holds: makeHolds(), exclusively: (run) => run() })

/** Implements counts with counters. */
export const countingStore = (
  { add, spent }: Counters,
  { wall }: Pick<PlainClock, "wall">,
  { holds, exclusively, always = false }: Leases = ownLeases(),
): CountingStore => {
  const heldOf = (now: number) => ({ count, reserves }: Counted): number =>
    reserves === true ? holds.sum(count, now) : 0
  const charge = (charges: ReadonlyArray<Charge>): void => {
    const now = wall()
    const due = charges.filter(({ by }) => by !== 0)
    if (due.length > 0) add(due.map((each) => additionOf(each, now)), now)
  }
  const take = (takes: ReadonlyArray<Take>, lease?: Lease): Taken => {
    const now = wall()
    const counted = takes.map(countedOf)
    const reads = usageReads(counted, now)
    const uses = usesIn(counted, add(reads, now), heldOf(now))
    for (const [index, each] of takes.entries()) {
      const use = uses[index] as Taken["uses"][number]
      const isHeld = lease !== undefined && each.holds > 0 && holds.has(each.counted.count, lease.id)
      if (!isHeld && !fits(each, use, now)) return { passed: false, now, uses }
    }
    const additions: Array<Addition> = []
    for (const [index, { counted, by, holds: amount }] of takes.entries()) {
      const { counter, ttl } = reads[index] as Addition
      if (by !== 0) {
        additions.push({ counter, by, ttl })
        const { previous, current, held } = uses[index] as Taken["uses"][number]
        uses[index] = { previous, current: current + by, held }
      }
      if (lease !== undefined && amount > 0) holds.hold(counted.count, lease.id, amount, lease.ttl, now)
    }
    if (additions.length > 0) add(additions, now)
    return { passed: true, now, uses }
  }
  return {
    take: (takes, lease) =>
      lease === undefined && !(always && takes.some(({ by }) => by !== 0))
        ? take(takes)
        : exclusively(() => take(takes, lease)),
    charge,
    settle: (lease, charges) =>
      exclusively(() => {
        if (!holds.settles(lease, wall())) return
        for (const { counted: { count } } of charges) holds.free(count, lease)
        charge(charges)
      }),
    peek: (counted) => {
      const now = wall()
      const sums = add(usageReads(counted, now), now)
      return { passed: true, now, uses: usesIn(counted, sums, heldOf(now)) }
    },
    spent: (query) => spent(query, wall()),
  }
}
