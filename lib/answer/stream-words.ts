/**
 * The words that distinguish the events that matter from the many that only carry text, before any of them is parsed.
 *
 * What a model wrote lies within a string, where quotes are escaped: of the words in quotes none is a model's. The others
 * only say that an event is worth a look.
 *
 * @module
 */
import { WordSearch } from "../bytes/word-search.ts"
import type { Framing } from "../sse/framing.ts"
import { textMembers } from "../usage/estimate.ts"

/** What a word says. */
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
  /** What each of them says, by its index. */
  readonly marks: ReadonlyArray<Mark>
}

const made: Partial<Record<Framing, StreamWords>> = {}

const wordsOf = (framing: Framing): StreamWords => {
  const texts = textMembers[framing].map((name) => [JSON.stringify(name), "text"] as const)
  const words = [...common, ...ofFraming[framing], ...texts]
  return { search: new WordSearch(words.map(([word]) => word)), marks: words.map(([, mark]) => mark) }
}

/** The words of a framing, which are made once. */
export const streamWords = (framing: Framing): StreamWords => made[framing] ??= wordsOf(framing)
