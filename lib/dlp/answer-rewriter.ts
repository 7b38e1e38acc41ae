/**
 * Rewrites the texts of an answer in whatever form it has. For the known calls its first bytes decide the form, as
 * they do for every other reader of the answer; otherwise its media type does.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { answerForm, type BodyForm, type Framing } from "../sse/framing.ts"
import type { BodyRewriter } from "./body-rewriter.ts"
import { EventRewriter } from "./event-rewriter.ts"
import { JsonRewriter } from "./json-body.ts"
import type { TextRules } from "./text-channel.ts"
import { TextRewriter } from "./text-rewriter.ts"

const none = new Uint8Array(0)

/** What is known of an answer before its body is read. */
export interface RewrittenAnswer {
  /** How its events are framed; `undefined` for a call whose protocol is not known. */
  readonly framing: Framing | undefined
  /** The form that its headers announce. */
  readonly label: BodyForm
  /** Whether log probabilities are removed: they repeat the text. */
  readonly hidesLogprobs: boolean
}

/** Rewrites one answer. */
export class AnswerRewriter implements BodyRewriter {
  readonly #rules: TextRules
  readonly #answer: RewrittenAnswer
  #beginning = none
  #rewriter: BodyRewriter | undefined

  constructor(rules: TextRules, answer: RewrittenAnswer) {
    this.#rules = rules
    this.#answer = answer
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#rewriter !== undefined) return this.#rewriter.push(chunk)
    const beginning = concatBytes([this.#beginning, chunk], this.#beginning.length + chunk.length)
    const form = answerForm(this.#answer, beginning)
    this.#beginning = form === undefined ? beginning : none
    if (form === undefined) return none
    this.#rewriter = this.#rewriterOf(form)
    return this.#rewriter.push(beginning)
  }

  finish(): Uint8Array {
    if (this.#rewriter !== undefined) return this.#rewriter.finish()
    const rewriter = this.#rewriter = this.#rewriterOf("other")
    const passed = rewriter.push(this.#beginning)
    const rest = rewriter.finish()
    return concatBytes([passed, rest], passed.length + rest.length)
  }

  #rewriterOf(form: BodyForm): BodyRewriter {
    const { framing, hidesLogprobs } = this.#answer
    switch (form) {
      case "events":
        return new EventRewriter(this.#rules, framing, hidesLogprobs)
      case "json":
        return new JsonRewriter(this.#rules, framing, hidesLogprobs)
      case "other":
        return new TextRewriter(this.#rules)
    }
  }
}
