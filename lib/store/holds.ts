/**
 * What calls in flight reserve of budgets, in memory, under leases that expire.
 *
 * @module
 */
import { boundedMap } from "./bounded-map.ts"
import type { Count } from "./counted.ts"

/** Reservations. Times are milliseconds of one clock. */
export interface Holds {
  /** The sum that leases reserve of a count. */
  readonly sum: (count: Count, now: number) => number
  /** Reserves an amount of a count for a lease; a second call for the same lease changes nothing. */
  readonly hold: (count: Count, lease: string, amount: number, ttl: number, now: number) => void
  /** Whether a lease reserves something of a count. */
  readonly has: (count: Count, lease: string) => boolean
  /** Releases what a lease reserves of a count. */
  readonly free: (count: Count, lease: string) => void
  /** Whether this is the first time that a lease is settled. */
  readonly settles: (lease: string, now: number) => boolean
}

interface Hold {
  readonly amount: number
  readonly expires: number
}

/** The reservations of one count. */
interface Held {
  sum: number
  /** The earliest end of a lease, or a time before it. */
  next: number
  readonly leases: Map<string, Hold>
}

/** How long, and how many, settled leases are remembered: longer than any retry of settling one. */
const remembered = { ttl: 600_000, most: 10_000 }

/** Creates an empty set of reservations. */
export const makeHolds = (): Holds => {
  const all = new Map<string, Held>()
  const settled = boundedMap<true>(remembered.most)
  const nameOf = ({ gateway, name }: Count): string => `${gateway}\n${name}`

  const drop = (key: string, held: Held, lease: string, amount: number): void => {
    held.leases.delete(lease)
    held.sum -= amount
    if (held.leases.size === 0) all.delete(key)
  }
  const expire = (key: string, held: Held, now: number): void => {
    if (now < held.next) return
    let next = Infinity
    for (const [lease, { amount, expires }] of held.leases) {
      if (expires <= now) drop(key, held, lease, amount)
      else next = Math.min(next, expires)
    }
    held.next = next
  }

  return {
    sum: (count, now) => {
      if (all.size === 0) return 0
      const key = nameOf(count)
      const held = all.get(key)
      if (held === undefined) return 0
      expire(key, held, now)
      return held.sum
    },
    hold: (count, lease, amount, ttl, now) => {
      const key = nameOf(count)
      let held = all.get(key)
      if (held?.leases.has(lease)) return
      if (held === undefined) {
        held = { sum: 0, next: Infinity, leases: new Map() }
        all.set(key, held)
      }
      const expires = now + ttl
      held.leases.set(lease, { amount, expires })
      held.sum += amount
      held.next = Math.min(held.next, expires)
    },
    has: (count, lease) => all.get(nameOf(count))?.leases.has(lease) === true,
    free: (count, lease) => {
      const key = nameOf(count)
      const held = all.get(key)
      const hold = held?.leases.get(lease)
      if (held !== undefined && hold !== undefined) drop(key, held, lease, hold.amount)
    },
    settles: (lease, now) => {
      if (settled.get(lease, now) !== undefined) return false
      settled.set(lease, true, 1, now + remembered.ttl, now)
      return true
    },
  }
}
