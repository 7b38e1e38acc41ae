/**
 * Finds what a matcher looks for in one text that comes in pieces, and says how much of it is decided: up to the earliest
 * match that is still under way.
 *
 * @module
 */
import type { LiteralMatch } from "./literals.ts"
import type { Matcher } from "./matcher.ts"
import { beginning } from "./regex/automaton.ts"
import { LiveStarts } from "./regex/live-starts.ts"
import { EDGE } from "./regex/program.ts"
import { kindAt, searchMatch } from "./regex/search.ts"

/** A match, in the text that is held. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly detector: number
}

/** A match that is under way for longer is given up: what is held of a text is bounded. In UTF-16 code units. */
const longestMatch = 16_384

/**
 * How far matches may be looked behind, for longer ones that did not come: so many characters, and so many for each of the
 * text. An expression such as `x(?:[^]*y)?` would look at the whole rest of a text from each `x`: beyond this, the rest
 * counts as matched.
 */
const lookedBehind = { once: 1_000_000, each: 8 } as const

/** One text. */
export class Scan {
  /** What is held of it. */
  text = ""
  /** Matches that are decided, by where they begin. */
  spans: Array<Span> = []
  readonly #matcher: Matcher
  readonly #live: LiveStarts | undefined
  readonly #most: number
  /** What stands before the held text: its kind, and itself. */
  #before = EDGE
  #unit = 0
  #scanned = 0
  #idle = 0
  #state = beginning
  #generation = 0
  #node = 0
  /** Expressions that have matched, and from where on to search for them. */
  readonly #hits = new Map<number, number>()
  /** Up to where an expression has been searched. */
  readonly #searched = new Map<number, number>()
  /** How far each expression's matches have been looked behind, and how far they may be. */
  readonly #lookedBehind = new Map<number, number>()
  #patience: number = lookedBehind.once

  /** @param most the longest match that is waited for */
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
   * @returns up to where the held text is decided
   */
  push(piece: string, isEnd: boolean): number {
    this.text = this.text === "" ? piece : this.text + piece
    this.#patience += lookedBehind.each * piece.length
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
      // What begins behind the match that was given up is decided as well.
      this.#search(live, false)
    }
    this.spans.sort((one, other) => one.start - other.start || other.end - one.end)
    return this.#cut(live)
  }

  /** Lets go of the beginning of the held text, with all that was found in it. */
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
      // Its states were thrown away for another text: goes on from where it needs none.
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

  /** Where the match began that has been under way for longest. */
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
    const searched = { text: this.text, before: this.#before, isEnd, looked: 0 }
    for (const [expression, hit] of this.#hits) {
      const { detector, accept, find } = expressions[expression] as Matcher["expressions"][number]
      let from = Math.max(hit, this.#searched.get(expression) ?? 0)
      while (from < until) {
        const behind = this.#lookedBehind.get(expression) ?? 0
        if (behind > this.#patience) {
          this.spans.push({ start: from, end: this.text.length, detector })
          from = this.text.length
          break
        }
        const match = find === undefined
          ? searchMatch(program, closure, expression, searched, from, until)
          : find(this.text, from, until, this.#unit)
        const further = find === undefined ? searched.looked - (match?.end ?? until) : 0
        if (further > 0) this.#lookedBehind.set(expression, behind + further)
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

  /** The safe cut: nothing under way, and no match, lies across it. */
  #cut(live: number): number {
    let cut = live
    for (let before = -1; before !== cut;) {
      before = cut
      for (const { start, end } of this.spans) if (start < cut && end > cut) cut = start
    }
    return cut
  }

  /** Gives up the match that has been under way for longest; what it has matched so far counts. */
  #giveUp(live: number): number {
    this.#search(live + 1, true)
    let end = live + 1
    for (const span of this.spans) if (span.start <= live && span.end > end) end = span.end
    this.#live?.drop(end, 0)
    return Math.max(end, this.#earliest())
  }
}
