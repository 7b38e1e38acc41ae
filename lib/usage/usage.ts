/**
 * How many tokens a call took, as Baseten counts them.
 *
 * @module
 */
import { objectOf } from "../json/parse.ts"

/** Tokens of one call: whole numbers from 0; `undefined` if the answer did not say. */
export interface Usage {
  /** All tokens read, the cached ones included. */
  readonly input: number | undefined
  /** All tokens written, the reasoning ones included. */
  readonly output: number | undefined
  /** The part of `input` that came from Baseten's prompt cache. */
  readonly cachedInput: number | undefined
  /** The part of `output` that was spent on reasoning. Kimi K3 has reported more than the whole. */
  readonly reasoning: number | undefined
}

/** A count, which some servers send as a string; anything else counts as not reported. */
const count = (value: unknown): number | undefined => {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** A zero beside a count, or after one, is a count that was not made. */
const more = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? one ?? other : Math.max(one, other)

/**
 * Reads the `usage` object of a chat completion, a completion, embeddings, a message or a response; `undefined`
 * if it has no count at all. A message's `input_tokens` are taken to include what its cache read and wrote, as
 * Baseten's do; on Anthropic's own API they leave it out.
 */
export const usageOf = (value: unknown): Usage | undefined => {
  const usage = objectOf(value)
  const inputDetails = objectOf(usage["prompt_tokens_details"] ?? usage["input_tokens_details"])
  const outputDetails = objectOf(usage["completion_tokens_details"] ?? usage["output_tokens_details"])
  const cacheRead = count(usage["cache_read_input_tokens"])
  const input = more(count(usage["prompt_tokens"]), count(usage["input_tokens"]))
  const output = more(count(usage["completion_tokens"]), count(usage["output_tokens"]))
  const cachedInput = more(count(inputDetails["cached_tokens"]), cacheRead)
  const reasoning = count(outputDetails["reasoning_tokens"])
  if ((input ?? output ?? cachedInput ?? reasoning) === undefined) return undefined
  return { input, output, cachedInput, reasoning }
}

/**
 * Two reports of one call as one. Counts are running totals, which never fall: some servers end a stream with zeros
 * for what they have reported before, and others begin it with zeros.
 */
export const laterUsage = (one: Usage | undefined, other: Usage | undefined): Usage | undefined =>
  one === undefined || other === undefined ? one ?? other : {
    input: more(one.input, other.input),
    output: more(one.output, other.output),
    cachedInput: more(one.cachedInput, other.cachedInput),
    reasoning: more(one.reasoning, other.reasoning),
  }
