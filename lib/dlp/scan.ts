/**
 * Finds what a matcher looks for in one text that comes in pieces, and says how much of it is decided: all before the
 * oldest match that is still in progress.
 *
 * @module
 */
import type { LiteralMatch } from "./literals.ts"
import type { Matcher } from "./matcher.ts"
import { beginning } from "./regex/automaton.ts"
import { LiveStarts } from "./regex/live-starts.ts"
import { EDGE } from "./regex/program.ts"
import { kindAt, searchMatch } from "./regex/search.ts"

/** A match, by its position in the held text. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly detector: number
}

/** A match in progress that grows longer is given up, which bounds what is held of a text. In UTF-16 code units. */
const longestMatch = 16_384

/**
 * How many characters past the ends of its matches an expression may read, in search of longer ones: a fixed number,
 * and some for each character of the text. From each `x`, `x(?:[^]*y)?` would read the whole rest of a text; beyond
 * this budget the rest counts as matched.
 */
const maxOverrun = { once: 1_000_000, perCharacter: 8 } as const

/** The scan of one text. */
export class Scan {
  /** The held part of it. */
  text = ""
  /** The decided matches, in order of their start. */
  spans: Array<Span> = []
  readonly #matcher: Matcher
  readonly #live: LiveStarts | undefined
  readonly #most: number
  /** The kind of the character before the held text, and its code unit. */
  #before = EDGE
  #unit = 0
  #scanned = 0
  #idle = 0
  #state = beginning
  #generation = 0
  #node = 0
  /** The expressions that have matched, and where to search for each from. */
  readonly #hits = new Map<number, number>()
  /** How far each expression has been searched. */
  readonly #searched = new Map<number, number>()
  /** How far each expression has read past its matches in all. */
  readonly #overrun = new Map<number, number>()
  #overrunLimit: number = maxOverrun.once

  /** @param most the longest match in progress that is waited for */
  constructor(matcher: Matcher, most = longestMatch) {
    this.#matcher = matcher
    this.#most = most
    const { program, closure } = matcher
    this.#live = program && closure && new LiveStarts(program, closure)
    this.#generation = matcher.automaton?.generation ?? 0
  }

  /**
   * Takes the next piece.
   *
   * @returns the length of the decided part of the held text
   */
  push(piece: string, isEnd: boolean): number {
    this.text = this.text === "" ? piece : this.text + piece
    this.#overrunLimit += maxOverrun.perCharacter * piece.length
    const { length } = this.text
    const { literals, automaton } = this.#matcher
    if (literals !== undefined) {
      const found: Array<LiteralMatch> = []
      this.#node = literals.run(this.text, this.#scanned, length, this.#node, found)
      for (const { detector, start, end } of found) this.spans.push({ start, end, detector })
    }
    if (automaton !== undefined) this.#run(isEnd)
    this.#scanned = length
    let live = isEnd ? length : this.#earliest()
    this.#search(live, isEnd)
    while (!isEnd && length - this.#cut(live) > this.#most) {
      live = this.#giveUp(live)
      // Matches that begin after the one given up are decided now as well.
      this.#search(live, false)
    }
    this.spans.sort((one, other) => one.start - other.start || other.end - one.end)
    return this.#cut(live)
  }

  /** Drops the beginning of the held text and the matches in it. */
  drop(length: number): void {
    const { program } = this.#matcher
    if (length === 0) return
    if (program !== undefined) this.#before = kindAt(program, this.text, length - 1)
    this.#unit = this.text.charCodeAt(length - 1)
    this.text = this.text.slice(length)
    this.#scanned -= length
    this.#idle = Math.max(0, this.#idle - length)
    this.#live?.drop(length, length)
    this.spans = this.spans.filter(({ start }) => start >= length)
      .map(({ start, end, detector }) => ({ start: start - length, end: end - length, detector }))
    for (const places of [this.#hits, this.#searched]) {
      for (const [expression, at] of places) places.set(expression, Math.max(0, at - length))
    }
  }

  #run(isEnd: boolean): void {
    const { automaton } = this.#matcher
    if (automaton === undefined) return
    const note = (expression: number, from: number): void => {
      if (!this.#hits.has(expression)) this.#hits.set(expression, from)
    }
    let from = this.#scanned
    if (this.#generation !== automaton.generation) {
      // Another text made the automaton discard its states: resume where none is needed.
      from = this.#idle
      this.#state = this.#kindBefore(from)
    }
    automaton.idle = this.#idle
    this.#state = automaton.run(this.text, from, this.text.length, this.#state)
    this.#generation = automaton.generation
    for (let at = 0; at < automaton.hits.length; at += 2) {
      note(automaton.hits[at] ?? 0, automaton.hits[at + 1] ?? 0)
    }
    automaton.hits.length = 0
    this.#idle = automaton.idle
    if (isEnd) { for (const expression of automaton.matchesAtEnd(this.#state)) note(expression, this.#idle) }
  }

  #kindBefore(at: number): number {
    const { program } = this.#matcher
    return at === 0 || program === undefined ? this.#before : kindAt(program, this.text, at - 1)
  }

  /** The start of the oldest match in progress. */
  #earliest(): number {
    const { literals } = this.#matcher
    const { length } = this.text
    const literal = literals === undefined ? length : length - (literals.depths[this.#node] as number)
    if (this.#live === undefined || this.#state < 4) return literal
    return Math.min(literal, this.#live.earliest(this.text, this.#idle, this.#before))
  }

  /** Finds the matches of expressions that begin before `until`. */
  #search(until: number, isEnd: boolean): void {
    const { program, closure, expressions } = this.#matcher
    if (program === undefined || closure === undefined || this.#hits.size === 0) return
    const searched = { text: this.text, before: this.#before, isEnd, scannedTo: 0 }
    for (const [expression, hit] of this.#hits) {
      const { detector, accept, find } = expressions[expression] as Matcher["expressions"][number]
      let from = Math.max(hit, this.#searched.get(expression) ?? 0)
      while (from < until) {
        const overrun = this.#overrun.get(expression) ?? 0
        if (overrun > this.#overrunLimit) {
          this.spans.push({ start: from, end: this.text.length, detector })
          from = this.text.length
          break
        }
        const match = find === undefined
          ? searchMatch(program, closure, expression, searched, from, until)
          : find(this.text, from, until, this.#unit)
        const further = find === undefined ? searched.scannedTo - (match?.end ?? until) : 0
        if (further > 0) this.#overrun.set(expression, overrun + further)
        if (match === undefined) break
        const { start, end } = match
        const accepted = accept === undefined ? end : accept(this.text, start, end, this.#unit)
        if (accepted > start) this.spans.push({ start, end: accepted, detector })
        from = accepted > start ? accepted : accepted === 0 ? start + 1 : end
      }
      this.#searched.set(expression, Math.max(from, until))
      if (until >= this.#scanned) this.#hits.delete(expression)
    }
  }

  /** The largest safe cut: no match, found or in progress, lies across it. */
  #cut(live: number): number {
    let cut = live
    for (let before = -1; before !== cut;) {
      before = cut
      for (const { start, end } of this.spans) if (start < cut && end > cut) cut = start
    }
    return cut
  }

  /** Gives up the oldest match in progress; what it has matched so far counts. */
  #giveUp(live: number): number {
    this.#search(live + 1, true)
    let end = live + 1
    for (const span of this.spans) if (span.start <= live && span.end > end) end = span.end
    this.#live?.drop(end, 0)
    return Math.max(end, this.#earliest())
  }
}
