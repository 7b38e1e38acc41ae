/**
 * The instructions that take a character, or match, and can be reached from a place without taking one.
 *
 * @module
 */
import { ASSERT, EDGE, MATCH, NEWLINE, type Program, SET, SPLIT, WORD } from "./program.ts"

const holds = (assertion: number, before: number, after: number): boolean => {
  switch (assertion) {
    case 0:
      return before === EDGE
    case 1:
      return after === EDGE
    case 2:
      return before === EDGE || before === NEWLINE
    case 3:
      return after === EDGE || after === NEWLINE
    case 4:
      return (before === WORD) !== (after === WORD)
    default:
      return (before === WORD) === (after === WORD)
  }
}

/** Collects instructions, each once, in the order of preference. */
export class Closure {
  /** What has been found: the first `count` of them. */
  readonly found: Int32Array
  count = 0
  readonly #program: Program
  readonly #marks: Uint32Array
  readonly #stack: Array<number> = []
  #mark = 0
  /** Where expressions are that begin with a character, by what stands before it and its class. */
  readonly #begun: Array<Int32Array | undefined> = []

  constructor(program: Program) {
    this.#program = program
    this.found = new Int32Array(program.ops.length)
    this.#marks = new Uint32Array(program.ops.length)
  }

  /** Where expressions are that have begun with a character of a class. Looked up once; changes what was collected. */
  begunWith(unit: number, before: number): Int32Array {
    const key = 4 * unit + before
    const known = this.#begun[key]
    if (known !== undefined) return known
    const { starts, kinds, ops, xs, ys, sets } = this.#program
    this.begin()
    for (const start of starts) this.add(start, before, kinds[unit] as number)
    const places: Array<number> = []
    for (let at = 0; at < this.count; at++) {
      const place = this.found[at] as number
      if (ops[place] !== MATCH && sets[xs[place] as number]?.[unit] === 1) places.push(ys[place] as number)
    }
    return this.#begun[key] = Int32Array.from(places)
  }

  begin(): void {
    this.count = 0
    this.#mark++
  }

  /**
   * Adds what can be reached from a place.
   *
   * @param before what stands before it: `EDGE`, or the kind of a character
   * @param after what stands behind it
   */
  add(place: number, before: number, after: number): void {
    const { ops, xs, ys } = this.#program
    const stack = this.#stack
    stack.push(place)
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#marks[at] === this.#mark) continue
      this.#marks[at] = this.#mark
      switch (ops[at]) {
        case SET:
        case MATCH:
          this.found[this.count++] = at
          break
        case SPLIT:
          stack.push(ys[at] as number, xs[at] as number)
          break
        case ASSERT:
          if (holds(xs[at] as number, before, after)) stack.push(ys[at] as number)
      }
    }
  }
}
