/** Numbers that look like chance, and are the same each time: what was made with a seed can be made again. */

/** Mulberry32: 32 bits of state are enough for choices, and any seed is a good one. Gives numbers from 0 up to 1. */
export const chance = (seed: number): () => number => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
