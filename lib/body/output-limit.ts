/**
 * How much output a request asks for.
 *
 * @module
 */
import { membersNamed, parseBytes } from "../json/members.ts"

/** The member of chats and messages, of newer chats, and of responses. */
const names = ["max_tokens", "max_completion_tokens", "max_output_tokens"] as const

/** No answer is longer, even if a client asks for a huge limit: it bounds what one call is expected to cost. */
const longest = 1_048_576

/**
 * The most tokens that the answer to a JSON request may have, an integer from 1 to 1,048,576; `undefined` if the request
 * sets no limit.
 */
export const outputLimit = (bytes: Uint8Array): number | undefined => {
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

const choiceNames = ["n", "best_of"] as const

/** More than any server makes of one request. */
const mostChoices = 128

/** How many answers a JSON request asks for, from 1 to 128. */
export const choicesIn = (bytes: Uint8Array): number => {
  let most = 1
  for (const { last: { start, end } } of membersNamed(bytes, choiceNames)?.named.values() ?? []) {
    const value = end - start > 20 ? undefined : parseBytes(bytes.subarray(start, end))
    if (typeof value === "number" && value > most) most = Math.min(Math.ceil(value), mostChoices)
  }
  return most
}
