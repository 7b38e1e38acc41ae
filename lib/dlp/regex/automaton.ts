/**
 * A lazy automaton for all expressions at once: it tells where one of them may have matched, and where no match is in
 * progress. States are built when a text first needs them and discarded when there are too many, so every text takes
 * linear time and bounded memory.
 *
 * A state is the set of instructions that matches in progress have reached, and the kind of the preceding character.
 * A match shows one character after its end, since that character may decide its `$` or `\b`.
 *
 * @module
 */
import { Closure } from "./closure.ts"
import { EDGE, MATCH, type Program } from "./program.ts"

/**
 * The state at the beginning of a text. The states below 4 have no match in progress: each is only a kind of
 * preceding character.
 */
export const beginning = EDGE

const none = new Int32Array(0)
/** The bit of a transition at which expressions matched. */
const matched = 0x40000000
/** The most entries in the transition table (4 MiB). */
const mostEntries = 1_048_576

/** Finds where expressions match, in any number of texts. */
export class Automaton {
  /** The last position at which no match was in progress. Set it before a run, which advances it. */
  idle = 0
  /**
   * What matched, until the caller empties it. Alternating: an expression, and the last position before its match at
   * which none was in progress.
   */
  readonly hits: Array<number> = []
  /** How often the states were discarded. State numbers of an earlier generation are invalid. */
  get generation(): number {
    return this.#generation
  }
  readonly #program: Program
  readonly #closure: Closure
  readonly #mostStates: number
  #states: Map<string, number> = new Map()
  #kernels: Array<Int32Array> = []
  #before: Array<number> = []
  /** For each state and class: 0 if not built, else the next state plus 1, with the bit `matched`. */
  #table: Int32Array
  /** The expressions that matched at a transition. */
  #matches: Map<number, Int32Array> = new Map()
  /** The expressions that matched at the last transition taken. */
  #last: Int32Array = none
  #generation = 0

  /** @param most the most entries in the transition table */
  constructor(program: Program, most = mostEntries) {
    this.#program = program
    this.#closure = new Closure(program)
    this.#mostStates = Math.max(16, Math.floor(most / program.classes))
    this.#table = new Int32Array(64 * program.classes)
    this.#reset()
  }

  /**
   * Continues through a text.
   *
   * @param state the result of the last run, or `beginning`
   * @returns the state at `to`
   */
  run(text: string, from: number, to: number, state: number): number {
    const { classOf, classes } = this.#program
    let table = this.#table
    let idle = this.idle
    for (let at = from; at < to; at++) {
      const unit = classOf[text.charCodeAt(at)] as number
      let entry = table[state * classes + unit] as number
      if (entry === 0) {
        entry = this.#transition(state, unit)
        table = this.#table
        if (entry >= matched) entry = this.#hit(entry, this.#last, idle)
      } else if (entry >= matched) {
        entry = this.#hit(entry, this.#matches.get(state * classes + unit) ?? none, idle)
      }
      state = entry - 1
      if (state < 4) idle = at + 1
    }
    this.idle = idle
    return state
  }

  /** The expressions that match if the text ends in this state. */
  matchesAtEnd(state: number): Int32Array {
    return this.#matchesBefore(state, EDGE)
  }

  #hit(entry: number, expressions: Int32Array, idle: number): number {
    for (const expression of expressions) this.hits.push(expression, idle)
    return entry - matched
  }

  #matchesBefore(state: number, after: number): Int32Array {
    const closure = this.#closure
    const { ops, xs } = this.#program
    const found = new Set<number>()
    closure.begin()
    for (const place of this.#kernels[state] ?? none) closure.add(place, this.#before[state] ?? EDGE, after)
    for (let at = 0; at < closure.count; at++) {
      const place = closure.found[at] as number
      if (ops[place] === MATCH) found.add(xs[place] as number)
    }
    return found.size === 0 ? none : Int32Array.from(found)
  }

  #transition(state: number, unit: number): number {
    const { ops, xs, ys, sets, kinds, starts, classes } = this.#program
    const closure = this.#closure
    const before = this.#before[state] ?? EDGE
    const kind = kinds[unit] as number
    const matches = this.#last = this.#matchesBefore(state, kind)
    for (const start of starts) closure.add(start, before, kind)
    const kernel: Array<number> = []
    for (let at = 0; at < closure.count; at++) {
      const place = closure.found[at] as number
      if (ops[place] !== MATCH && sets[xs[place] as number]?.[unit] === 1) kernel.push(ys[place] as number)
    }
    const generation = this.#generation
    const next = this.#stateOf(kernel, kind)
    const entry = (next + 1) | (matches.length === 0 ? 0 : matched)
    // The states were discarded meanwhile, and this one's number belongs to another.
    if (generation !== this.#generation) return entry
    this.#table[state * classes + unit] = entry
    if (matches.length > 0) this.#matches.set(state * classes + unit, matches)
    return entry
  }

  #stateOf(kernel: Array<number>, before: number): number {
    if (kernel.length === 0) return before
    const places = Int32Array.from(new Set(kernel)).sort()
    const key = `${before},${places.join()}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    if (this.#kernels.length >= this.#mostStates) this.#reset()
    const state = this.#kernels.push(places) - 1
    this.#before[state] = before
    this.#states.set(key, state)
    const { classes } = this.#program
    if ((state + 1) * classes > this.#table.length) {
      const larger = new Int32Array(2 * this.#table.length)
      larger.set(this.#table)
      this.#table = larger
    }
    return state
  }

  #reset(): void {
    this.#generation++
    this.#states = new Map()
    this.#kernels = [none, none, none, none]
    this.#before = [0, 1, 2, 3]
    this.#table.fill(0)
    this.#matches = new Map()
  }
}
