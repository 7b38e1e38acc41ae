/**
 * Charges that an engine did not take, to be counted later.
 *
 * What may have been counted all the same waits under its own mark, so that it is not counted twice. The rest is added up, so
 * that a long outage takes no more memory than there are counts.
 *
 * @module
 */
import type { Charge, Counted } from "./counted.ts"

/** Charges of one request, or of many together. */
export interface Owed {
  /** Done once under this name. */
  readonly mark: string
  /** What it holds is released; empty for none. */
  readonly lease: string
  readonly charges: ReadonlyArray<Charge>
}

/** What waits. */
export interface OwedCharges {
  /** @param isUncertain whether it may have been counted */
  readonly add: (owed: Owed, isUncertain: boolean) => void
  /** The next that is due, all of one gateway; it is owed until `done`. */
  readonly next: () => Owed | undefined
  readonly done: (owed: Owed) => void
  /** Puts it behind all others: one that is refused must not hold them up. */
  readonly delay: (owed: Owed) => void
  /** How many charges wait. */
  readonly size: () => number
}

/** The most that wait under marks of their own; more of them are added up. */
const mostMarked = 10_000

/** The most counts of one gateway that are charged at once. */
const mostAtOnce = 100

interface Sum {
  readonly counted: Counted
  by: number
}

const isMoney = ({ counted: { count } }: Charge): boolean => count.spend !== undefined

/** Nothing is owed yet. */
export const makeOwedCharges = (): OwedCharges => {
  const marked = new Map<string, Owed>()
  const sums = new Map<string, Map<string, Sum>>()

  const sum = ({ counted, by }: Charge): void => {
    const { gateway, name } = counted.count
    const ofGateway = sums.get(gateway) ?? new Map<string, Sum>()
    sums.set(gateway, ofGateway)
    const known = ofGateway.get(name)
    if (known === undefined) ofGateway.set(name, { counted, by })
    else known.by += by
  }

  return {
    add: (owed, isUncertain) => {
      const charges = owed.charges.filter((charge) => isMoney(charge) && (charge.by > 0 || owed.lease !== ""))
      if (charges.length === 0) return
      // What a lease holds is released only with its own charge.
      if ((isUncertain || owed.lease !== "") && marked.size < mostMarked) {
        marked.set(owed.mark, { ...owed, charges })
        return
      }
      for (const charge of charges) if (charge.by > 0) sum(charge)
    },
    next: () => {
      for (const owed of marked.values()) return owed
      for (const [gateway, ofGateway] of sums) {
        const due = [...ofGateway].slice(0, mostAtOnce)
        for (const [name] of due) ofGateway.delete(name)
        if (ofGateway.size === 0) sums.delete(gateway)
        if (due.length === 0) continue
        const owed = { mark: crypto.randomUUID(), lease: "", charges: due.map(([, charge]) => charge) }
        marked.set(owed.mark, owed)
        return owed
      }
      return undefined
    },
    done: ({ mark }) => void marked.delete(mark),
    delay: (owed) => {
      marked.delete(owed.mark)
      marked.set(owed.mark, owed)
    },
    size: () => {
      let size = marked.size
      for (const ofGateway of sums.values()) size += ofGateway.size
      return size
    },
  }
}
