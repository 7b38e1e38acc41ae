/**
 * The words that distinguish the events that matter from the many that only carry text, before any of them is parsed.
 *
 * A model's text is inside a string, where quotes are escaped, so no word in quotes is from a model. The other words
 * only mean that an event is worth parsing.
 *
 * @module
 */
import { WordSearch } from "../bytes/word-search.ts"
import type { Framing } from "../sse/framing.ts"
import { textMembers } from "../usage/estimate.ts"

/** The meaning of a word. */
export type Mark =
  /** The key of a usage, or of what may be null. */
  | "usage"
  | "error"
  /** The key of a text that a model wrote. */
  | "text"
  | "sequence"
  /** The event may be the end, or describe the response. */
  | "other"

const common: ReadonlyArray<readonly [string, Mark]> = [
  ['"usage"', "usage"],
  ['"error"', "error"],
  ["event:error", "other"],
  ["event: error", "other"],
]
const chat: ReadonlyArray<readonly [string, Mark]> = [["[DONE]", "other"]]
const ofFraming: Record<Framing, ReadonlyArray<readonly [string, Mark]>> = {
  chat,
  completions: chat,
  messages: [["message_stop", "other"]],
  responses: [
    [".completed", "other"],
    [".incomplete", "other"],
    [".cancelled", "other"],
    [".failed", "other"],
    ['"failed"', "other"],
    ['"response"', "other"],
    ['"sequence_number"', "sequence"],
  ],
}

/** The words of one framing. */
export interface StreamWords {
  readonly search: WordSearch
  /** The meaning of each word, by its index. */
  readonly marks: ReadonlyArray<Mark>
}

const made: Partial<Record<Framing, StreamWords>> = {}

const wordsOf = (framing: Framing): StreamWords => {
  const texts = textMembers[framing].map((name) => [JSON.stringify(name), "text"] as const)
  const words = [...common, ...ofFraming[framing], ...texts]
  return { search: new WordSearch(words.map(([word]) => word)), marks: words.map(([, mark]) => mark) }
}

/** The words of a framing, created once. */
export const streamWords = (framing: Framing): StreamWords => made[framing] ??= wordsOf(framing)
