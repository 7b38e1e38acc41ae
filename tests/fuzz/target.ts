/**
 * What is fuzzed, and how one input is tried.
 *
 * @module
 */
import { Buffer } from "node:buffer"
import { mutate } from "./mutate.ts"
import { type Random, randomOf } from "./random.ts"

/** A parser, or something larger, and what holds of it whatever it is given. */
export interface Target {
  readonly name: string
  /** Sound inputs, of which others are made. */
  readonly corpus: ReadonlyArray<string>
  /** What the format is made of. */
  readonly words: ReadonlyArray<string>
  /** Throws where something does not hold. */
  readonly check: (input: Uint8Array, random: Random) => void | Promise<void>
}

/** An input that something did not hold for. */
export interface Crash {
  readonly target: string
  readonly seed: number
  /** In base64. */
  readonly input: string
  readonly message: string
}

/** What is longer than this was not linear: no input is over 64 KiB. In milliseconds. */
const longest = 10_000

const unended = Symbol("unended")
const never = (milliseconds: number): Promise<typeof unended> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, unended).unref())

/** Tries one input. */
const failureOf = async (target: Target, input: Uint8Array, seed: number): Promise<string | undefined> => {
  const began = performance.now()
  try {
    // The check may write to what it is given.
    const ended = target.check(new Uint8Array(input), randomOf(seed))
    if (ended !== undefined && await Promise.race([ended, never(longest)]) === unended) return "did not end"
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : String(error)
  }
  const took = performance.now() - began
  return took > longest ? `took ${Math.round(took)} ms` : undefined
}

/** Leaves out what the failure does not need, within a bounded number of tries. */
const shrunk = async (target: Target, input: Uint8Array, seed: number): Promise<Uint8Array> => {
  let smallest = input
  let tries = 300
  for (let size = smallest.length >> 1; size > 0 && tries > 0; size >>= 1) {
    for (let at = 0; at < smallest.length && tries > 0; tries--) {
      const without = Buffer.concat([smallest.slice(0, at), smallest.slice(at + size)])
      if (await failureOf(target, without, seed) === undefined) at += size
      else smallest = without
    }
  }
  return smallest
}

/**
 * Makes the input of a seed and tries it.
 *
 * @returns the crash, with the smallest input that was found for it
 */
export const tryOne = async (target: Target, seed: number): Promise<Crash | undefined> => {
  const random = randomOf(seed)
  const input = mutate(Buffer.from(random.pick(target.corpus)), target.words, random)
  if (await failureOf(target, input, seed) === undefined) return undefined
  const smallest = await shrunk(target, input, seed)
  const message = await failureOf(target, smallest, seed) ?? "failed once, and not again"
  return { target: target.name, seed, input: Buffer.from(smallest).toString("base64"), message }
}

/** Tries an input that has failed before. */
export const replay = (target: Target, { input, seed }: Crash): Promise<string | undefined> =>
  failureOf(target, Buffer.from(input, "base64"), seed)
