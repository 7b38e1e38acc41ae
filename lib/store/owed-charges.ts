/**
 * Charges that an engine did not accept, to be counted later.
 *
 * Charges that may have been counted keep their own mark, so that they are not counted twice. The others are added
 * up, so that the memory of a long outage is bounded by the number of counts.
 *
 * @module
 */
import type { Charge, Counted } from "./counted.ts"

/** Charges of one request, or of many together. */
export interface Owed {
  /** The charges are made once under this name. */
  readonly mark: string
  /** The lease to release; empty for none. */
  readonly lease: string
  readonly charges: ReadonlyArray<Charge>
}

/** The charges that are owed. */
export interface OwedCharges {
  /** @param isUncertain whether they may have been counted already */
  readonly add: (owed: Owed, isUncertain: boolean) => void
  /** The next charges to send, all of one gateway. They stay owed until `done`. */
  readonly next: () => Owed | undefined
  readonly done: (owed: Owed) => void
  /** Moves charges behind all others, which a refused one must not hold up. */
  readonly delay: (owed: Owed) => void
  /** The number of charges owed. */
  readonly size: () => number
}

/** The most that keep their own marks; further ones are added up. */
const mostMarked = 10_000

/** The most counts of one gateway in one settlement. */
const mostAtOnce = 100

interface Sum {
  readonly counted: Counted
  by: number
}

const isMoney = ({ counted: { count } }: Charge): boolean => count.spend !== undefined

/** Creates an empty collection. */
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
      // A lease is released only with its own charge.
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
