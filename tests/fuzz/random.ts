/**
 * Random numbers that a seed gives again, so that every crash can be had again.
 *
 * @module
 */
import { chance } from "../support/chance.ts"

/** A source of them. */
export interface Random {
  /** A whole number from 0 up to, but not including, `limit`. */
  readonly below: (limit: number) => number
  readonly pick: <A>(list: ReadonlyArray<A>) => A
}

/** The source of a seed. */
export const randomOf = (seed: number): Random => {
  const next = chance(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
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
