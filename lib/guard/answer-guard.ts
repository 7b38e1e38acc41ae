/**
 * Changes the texts of an answer, whatever its form is: in the known calls its first bytes say that, as for all who look at
 * it, else its label does.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { type Form, formOf, type Framing } from "../sse/framing.ts"
import type { BodyGuard } from "./body-guard.ts"
import { EventGuard } from "./event-guard.ts"
import { JsonGuard } from "./json-body.ts"
import type { TextRules } from "./text-channel.ts"
import { TextGuard } from "./text-guard.ts"

const none = new Uint8Array(0)
/** So many bytes of white space are no beginning of anything. */
const mostBlanks = 4096

/** What is known of an answer. */
export interface GuardedAnswer {
  /** How its events are framed, if the call is known. */
  readonly framing: Framing | undefined
  /** What its headers say that it is. */
  readonly label: Form
  /** Whether log probabilities, which repeat what is written, are left out. */
  readonly hidesLogprobs: boolean
}

/** What an answer is; `undefined` while its beginning is too short to say. */
export const answerForm = (
  { framing, label }: Pick<GuardedAnswer, "framing" | "label">,
  beginning: Uint8Array,
): Form | undefined => {
  if (framing === undefined) return label
  const form = formOf(beginning) ?? (beginning.length > mostBlanks ? label : undefined)
  // The label still says what may follow a first line that no standard knows.
  return form === "other" && label === "events" ? "events" : form
}

/** Guards one answer. */
export class AnswerGuard implements BodyGuard {
  readonly #rules: TextRules
  readonly #answer: GuardedAnswer
  #beginning = none
  #guard: BodyGuard | undefined

  constructor(rules: TextRules, answer: GuardedAnswer) {
    this.#rules = rules
    this.#answer = answer
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#guard !== undefined) return this.#guard.push(chunk)
    const beginning = concatBytes([this.#beginning, chunk], this.#beginning.length + chunk.length)
    const form = answerForm(this.#answer, beginning)
    this.#beginning = form === undefined ? beginning : none
    if (form === undefined) return none
    this.#guard = this.#guardOf(form)
    return this.#guard.push(beginning)
  }

  finish(): Uint8Array {
    if (this.#guard !== undefined) return this.#guard.finish()
    const guard = this.#guard = this.#guardOf("other")
    const passed = guard.push(this.#beginning)
    const rest = guard.finish()
    return concatBytes([passed, rest], passed.length + rest.length)
  }

  #guardOf(form: Form): BodyGuard {
    const { framing, hidesLogprobs } = this.#answer
    switch (form) {
      case "events":
        return new EventGuard(this.#rules, framing, hidesLogprobs)
      case "json":
        return new JsonGuard(this.#rules, framing, hidesLogprobs)
      case "other":
        return new TextGuard(this.#rules)
    }
  }
}
