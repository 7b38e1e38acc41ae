/**
 * Where the matches in progress began, which the states of the automaton do not tell.
 *
 * @module
 */
import type { Closure } from "./closure.ts"
import { EDGE, MATCH, type Program } from "./program.ts"

/** Follows the matches in progress through one text, reading each character once. */
export class LiveStarts {
  /** How far the text has been read. */
  #at = 0
  /** The instructions that matches have reached, and where each match began, the earliest first. */
  #places: Array<number> = []
  #starts: Array<number> = []
  readonly #program: Program
  readonly #closure: Closure

  constructor(program: Program, closure: Closure) {
    this.#program = program
    this.#closure = closure
  }

  /**
   * Where the oldest match that is in progress at the end of a text began; the text's length if there is none.
   *
   * @param idle a position at which none was in progress
   * @param before the kind of the character before the text
   */
  earliest(text: string, idle: number, before: number): number {
    if (idle >= this.#at) {
      this.#at = idle
      this.#places.length = this.#starts.length = 0
    }
    for (; this.#at < text.length; this.#at++) this.#step(text, this.#at, before)
    return this.#starts[0] ?? text.length
  }

  /** Forgets matches that began before `until`, and shifts the others by `origin`. */
  drop(until: number, origin: number): void {
    const kept = this.#starts.findIndex((start) => start >= until)
    const from = kept === -1 ? this.#starts.length : kept
    this.#places.splice(0, from)
    this.#starts.splice(0, from)
    for (let at = 0; at < this.#starts.length; at++) this.#starts[at] = (this.#starts[at] ?? 0) - origin
    this.#at = Math.max(0, this.#at - origin)
  }

  #step(text: string, at: number, edge: number): void {
    const { classOf, kinds, ops, xs, ys, sets } = this.#program
    const closure = this.#closure
    const unit = classOf[text.charCodeAt(at)] as number
    const before = at === 0 ? edge : kinds[classOf[text.charCodeAt(at - 1)] as number] ?? EDGE
    const after = kinds[unit] as number
    const places: Array<number> = []
    const begun: Array<number> = []
    let done = 0
    const take = (start: number): void => {
      for (; done < closure.count; done++) {
        const place = closure.found[done] as number
        if (ops[place] === MATCH || sets[xs[place] as number]?.[unit] !== 1) continue
        places.push(ys[place] as number)
        begun.push(start)
      }
    }
    closure.begin()
    // The earliest first, so that an instruction reached by several matches belongs to the oldest.
    for (let index = 0; index < this.#places.length; index++) {
      closure.add(this.#places[index] as number, before, after)
      take(this.#starts[index] as number)
    }
    for (const place of closure.begunWith(unit, before)) {
      places.push(place)
      begun.push(at)
    }
    this.#places = places
    this.#starts = begun
  }
}
