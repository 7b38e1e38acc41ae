/**
 * How much output a request asks for.
 *
 * @module
 */
import { arrayElements, membersNamed, parseBytes } from "../json/members.ts"
import { OPEN_ARRAY, QUOTE } from "../json/tokens.ts"
import type { Framing } from "../sse/framing.ts"

const all = ["max_tokens", "max_completion_tokens", "max_output_tokens"] as const

/** A member of another format limits nothing: servers ignore it. */
const namesIn: Readonly<Record<Framing, ReadonlyArray<typeof all[number]>>> = {
  chat: ["max_tokens", "max_completion_tokens"],
  completions: ["max_tokens"],
  messages: ["max_tokens"],
  responses: ["max_output_tokens"],
}

/** No answer is longer, even if a client asks for a huge limit: it bounds what one call is expected to cost. */
const longest = 1_048_576

/**
 * The most tokens that the answer to a JSON request may have, an integer from 1 to 1,048,576; `undefined` if the request
 * sets no limit.
 *
 * @param framing the format of the call, if it is known: else a limit under any name counts
 */
export const outputLimit = (bytes: Uint8Array, framing?: Framing): number | undefined => {
  const names = framing === undefined ? all : namesIn[framing]
  let most: number | undefined
  for (const { last: { start, end } } of membersNamed(bytes, names)?.named.values() ?? []) {
    // A value that is longer than a number is not parsed.
    const value = end - start > 20 ? undefined : parseBytes(bytes.subarray(start, end))
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) {
      most = Math.max(most ?? 0, Math.min(value, longest))
    }
  }
  return most
}

/** How many answers, and to what: legacy completions take several prompts at once. */
const choiceNames = ["n", "best_of", "prompt"] as const

/** More than any server makes of one request: vLLM's own bound. */
const mostChoices = 16_384

/** A number, also as text, which some servers take for one. */
const numberIn = (bytes: Uint8Array): number => bytes.byteLength > 20 ? NaN : Number(parseBytes(bytes))

/** How many prompts a value is: text is one, and so is a list of token ids. */
const promptsIn = (bytes: Uint8Array): number => {
  const list = arrayElements(bytes, 1)
  const first = list?.first[0]
  return list === undefined || first === undefined || ![QUOTE, OPEN_ARRAY].includes(bytes[first.start] ?? 0)
    ? 1
    : list.count
}

/** How many answers a JSON request asks for, from 1 to 16,384. */
export const choicesIn = (bytes: Uint8Array): number => {
  let each = 1
  let prompts = 1
  for (const [name, { last: { start, end } }] of membersNamed(bytes, choiceNames)?.named ?? []) {
    const value = bytes.subarray(start, end)
    if (name === "prompt") {
      prompts = promptsIn(value)
    } else {
      const number = numberIn(value)
      if (number > each) each = Math.ceil(number)
    }
  }
  return Math.min(each * prompts, mostChoices)
}
