/**
 * Random numbers that a seed gives again, so that every crash can be had again.
 *
 * @module
 */

/** A source of them. */
export interface Random {
  /** A whole number from 0 up to, but not including, `limit`. */
  readonly below: (limit: number) => number
  readonly pick: <A>(list: ReadonlyArray<A>) => A
}

/** Mulberry32: 32 bits of state are enough for choices, and any seed is a good one. */
export const randomOf = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((next() / 0x1_0000_0000) * limit)
  return {
    below,
    pick: <A>(list: ReadonlyArray<A>): A => {
      const chosen = list[below(list.length)]
      if (chosen === undefined) throw new Error("nothing to pick from")
      return chosen
    },
  }
}

/** Cuts bytes into chunks at random places, some of them empty. */
export const chunksOf = (bytes: Uint8Array, random: Random): ReadonlyArray<Uint8Array> => {
  const cuts = Array.from({ length: random.below(8) }, () => random.below(bytes.length + 1))
  const places = [0, ...cuts.sort((one, other) => one - other), bytes.length]
  return places.slice(1).map((to, index) => bytes.slice(places[index], to))
}
