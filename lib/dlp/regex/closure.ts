/**
 * The instructions, of those that consume a character or match, that can be reached without consuming one (epsilon
 * closure).
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

/** Collects instructions, each once, in order of preference. */
export class Closure {
  /** The instructions found; only the first `count` are valid. */
  readonly found: Int32Array
  count = 0
  readonly #program: Program
  readonly #marks: Uint32Array
  readonly #stack: Array<number> = []
  #mark = 0
  /** The results of `begunWith`, by the kind of the preceding character and the class of the first. */
  readonly #begun: Array<Int32Array | undefined> = []

  constructor(program: Program) {
    this.#program = program
    this.found = new Int32Array(program.ops.length)
    this.#marks = new Uint32Array(program.ops.length)
  }

  /**
   * The instructions reached by matches that begin with a character of this class. Computed once each; overwrites
   * `found`.
   */
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
   * Adds what can be reached from an instruction.
   *
   * @param before the kind of the preceding character, or `EDGE`
   * @param after the kind of the next character, or `EDGE`
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
