/**
 * One text in transit: how much of it is decided, and what to change in it.
 *
 * @module
 */
import { parseOrUndefined } from "../json/parse.ts"
import type { Framing } from "../sse/framing.ts"
import type { JsonText } from "./json-texts.ts"
import { NormalText } from "./normal-text.ts"
import type { Matcher } from "./matcher.ts"
import { Scan } from "./scan.ts"

/** What happens to matches. */
export interface TextRules {
  readonly matcher: Matcher
  /** Called when a detector finds something. */
  readonly found: (detector: number) => void
  /** Whether a detector's matches are replaced. */
  readonly replaces: (detector: number) => boolean
  /** The replacement of a detector's match. */
  readonly replacement: (detector: number, text: string) => string
  /** Rules that depend on the text; `undefined` if these apply to all texts. */
  readonly scoped?: RulesByText | undefined
}

/**
 * Takes the texts of a JSON body, and returns a function that gives the rules for each; `undefined` if none apply.
 */
export type RulesByText = (
  texts: ReadonlyArray<JsonText>,
  text: string,
  framing: Framing | undefined,
) => (found: JsonText) => TextRules | undefined

/** A change, by its position in the written text. */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Removes `depth` levels of JSON escapes. */
export const unescaped = (written: string, depth: number): string => {
  let text = written
  for (let level = 0; level < depth; level++) {
    const plain = parseOrUndefined(`"${text}"`)
    if (typeof plain !== "string") return text
    text = plain
  }
  return text
}

/** Adds `depth` levels of JSON escapes. */
const escaped = (text: string, depth: number): string => {
  let written = text
  for (let level = 0; level < depth; level++) written = JSON.stringify(written).slice(1, -1)
  return written
}

/** One text. Positions are counted from its beginning. */
export class TextChannel {
  /** How far the text is decided. */
  decided = 0
  /** The changes in the decided part, in order. */
  readonly edits: Array<TextEdit> = []
  readonly #rules: TextRules
  readonly #text: NormalText
  readonly #scan: Scan

  /** @param depth 1 for the inside of a JSON string, 0 for plain text */
  constructor(rules: TextRules, depth: number) {
    this.#rules = rules
    this.#text = new NormalText(depth)
    this.#scan = new Scan(rules.matcher)
  }

  /** The part that is held because it is not decided. */
  get held(): string {
    return this.#text.raw
  }

  /** Takes the next piece, as written. */
  push(written: string, isEnd = false): void {
    const text = this.#text
    const scan = this.#scan
    const cut = scan.push(text.push(written, isEnd), isEnd)
    const end = isEnd ? text.raw.length : text.startOf(cut)
    this.#note(cut)
    if (end === 0 && cut === 0) return
    scan.drop(cut)
    text.drop(cut, end)
    this.decided += end
  }

  /** Records the matches before a position. Overlapping matches count as one, so that no part of any is sent. */
  #note(cut: number): void {
    const rules = this.#rules
    const text = this.#text
    let open: { start: number; end: number; readonly detector: number } | undefined
    const close = (): void => {
      if (open === undefined) return
      const start = text.startOf(open.start)
      const end = text.endOf(open.end - 1)
      const value = unescaped(text.raw.slice(start, end), text.depth)
      const put = escaped(rules.replacement(open.detector, value), text.depth)
      this.edits.push({ start: this.decided + start, end: this.decided + end, text: put })
    }
    for (const { start, end, detector } of this.#scan.spans) {
      if (start >= cut) break
      rules.found(detector)
      if (!rules.replaces(detector)) continue
      if (open !== undefined && start < open.end) open.end = Math.max(open.end, end)
      else {
        close()
        open = { start, end, detector }
      }
    }
    close()
  }
}

/** The changes in a complete text. */
export const editsOf = (rules: TextRules, written: string, depth: number): ReadonlyArray<TextEdit> => {
  const channel = new TextChannel(rules, depth)
  channel.push(written, true)
  return channel.edits
}

/** Applies changes, which are in order and do not overlap. */
export const edited = (text: string, edits: ReadonlyArray<TextEdit>): string => {
  let changed = ""
  let from = 0
  for (const { start, end, text: put } of edits) {
    changed += text.slice(from, start) + put
    from = end
  }
  return changed + text.slice(from)
}
