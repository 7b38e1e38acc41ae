/**
 * How long an answer a request asks for.
 *
 * @module
 */
import { membersNamed, parseBytes } from "../json/members.ts"

/** Of chats and messages, of newer chats, of responses. */
const names = ["max_tokens", "max_completion_tokens", "max_output_tokens"] as const

/** No answer is longer, whatever clients ask for who want no limit: the most that one call may be expected to cost. */
const longest = 1_048_576

/**
 * The most tokens that the answer to a JSON request may have, a whole number from 1 to 1,048,576; nothing where it does not
 * say.
 */
export const outputLimit = (bytes: Uint8Array): number | undefined => {
  let most: number | undefined
  for (const { last: { start, end } } of membersNamed(bytes, names)?.named.values() ?? []) {
    // Nothing is made of a value that is longer than a number.
    const value = end - start > 20 ? undefined : parseBytes(bytes.subarray(start, end))
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) {
      most = Math.max(most ?? 0, Math.min(value, longest))
    }
  }
  return most
}
