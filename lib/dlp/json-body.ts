/**
 * Rewrites the texts of a complete JSON body. Bytes that are not replaced stay as they are.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import type { Framing } from "../sse/framing.ts"
import type { BodyRewriter } from "./body-rewriter.ts"
import { jsonTexts } from "./json-texts.ts"
import { isChecked, repeatingParts } from "./structure.ts"
import { edited, editsOf, type TextEdit, type TextRules } from "./text-channel.ts"
import { TextRewriter } from "./text-rewriter.ts"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const encoder = new TextEncoder()

/** Rewrites a complete body as one text. */
export const rewriteText = (bytes: Uint8Array, rules: TextRules): Uint8Array<ArrayBuffer> => {
  const guard = new TextRewriter(rules)
  const passed = guard.push(bytes)
  const rest = guard.finish()
  return concatBytes([passed, rest], passed.length + rest.length)
}

/**
 * Rewrites the texts of a body; returns the same array if nothing changes.
 *
 * @param framing of the call, if its protocol is known: its structural members are then left alone
 * @param hidesLogprobs whether log probabilities are removed: they repeat the text
 */
export const rewriteJson = (
  bytes: Uint8Array<ArrayBuffer>,
  rules: TextRules,
  framing: Framing | undefined,
  hidesLogprobs: boolean,
): Uint8Array<ArrayBuffer> => {
  const text = decoder.decode(bytes)
  const all = jsonTexts(text, 0, text.length)
  if (all === undefined) return rewriteText(bytes, rules)
  const { texts } = all
  const edits: Array<TextEdit> = []
  let hidden = 0
  const hide = hidesLogprobs ? repeatingParts(all, framing) : []
  const scoped = rules.scoped?.(texts, text, framing)
  for (const found of texts) {
    while ((hide[hidden]?.end ?? Infinity) <= found.start) hidden++
    if ((hide[hidden]?.start ?? Infinity) < found.start || !isChecked(found, text, framing)) continue
    const holding = scoped === undefined ? rules : scoped(found)
    if (holding === undefined) continue
    for (const { start, end, text: put } of editsOf(holding, text.slice(found.start, found.end), 1)) {
      edits.push({ start: found.start + start, end: found.start + end, text: put })
    }
  }
  for (const { start, end } of hide) edits.push({ start, end, text: text[start] === "[" ? "[]" : "null" })
  if (edits.length === 0) return bytes
  return encoder.encode(edited(text, edits.sort((one, other) => one.start - other.start)))
}

/** The most of a body that is buffered, in bytes. A longer one is rewritten as it streams, as one text. */
export const longestHeld = 33_554_432

const none = new Uint8Array(0)

/** Rewrites a JSON body once it is complete. */
export class JsonRewriter implements BodyRewriter {
  readonly #rules: TextRules
  readonly #framing: Framing | undefined
  readonly #hidesLogprobs: boolean
  #chunks: Array<Uint8Array> = []
  #length = 0
  #long: TextRewriter | undefined

  constructor(rules: TextRules, framing: Framing | undefined, hidesLogprobs: boolean) {
    this.#rules = rules
    this.#framing = framing
    this.#hidesLogprobs = hidesLogprobs
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#long !== undefined) return this.#long.push(chunk)
    this.#chunks.push(chunk.slice())
    this.#length += chunk.length
    if (this.#length <= longestHeld) return none
    this.#long = new TextRewriter(this.#rules)
    return this.#long.push(this.#whole())
  }

  finish(): Uint8Array {
    if (this.#long !== undefined) return this.#long.finish()
    return rewriteJson(this.#whole(), this.#rules, this.#framing, this.#hidesLogprobs)
  }

  #whole(): Uint8Array<ArrayBuffer> {
    const whole = concatBytes(this.#chunks, this.#length)
    this.#chunks = []
    return whole
  }
}
