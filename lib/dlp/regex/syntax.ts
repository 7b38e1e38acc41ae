/**
 * Parses operators' regular expressions.
 *
 * The syntax is JavaScript's without backreferences and look-around, which take more than linear time to match.
 *
 * @module
 */
import { CharSet } from "./char-set.ts"
import {
  anyOf,
  digits,
  emptyNode,
  type Flags,
  literal,
  type Node,
  setNode,
  spaces,
  withFlags,
  wordChars,
} from "./nodes.ts"

/** An expression that is not accepted. Its message says why, and quotes nothing of the expression but a position. */
export class RegexProblem extends Error {}

/** The most repetitions: more would make the program too large to be useful. */
const mostRepeats = 1000
const deepest = 100

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 }

/** Parses an expression. Throws `RegexProblem`. */
export const parseRegex = (source: string): Node => new Parser(source).parse()

class Parser {
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  parse(): Node {
    const node = this.#alternatives({ ignoreCase: false, dotAll: false, multiline: false })
    if (this.#at < this.#source.length) throw this.#problem("no unmatched )")
    return node
  }

  #problem(expected: string, at = this.#at): RegexProblem {
    return new RegexProblem(`${expected}, at character ${at + 1}`)
  }
  #next(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#source)
    if (match !== null) this.#at = pattern.lastIndex
    return match
  }

  #alternatives(flags: Flags): Node {
    if (++this.#depth > deepest) throw this.#problem("groups that nest less deeply")
    const parts: Array<Node> = []
    let current = flags
    let items: Array<Node> = []
    for (;;) {
      const letter = this.#source[this.#at]
      if (letter === undefined || letter === ")") break
      if (this.#next("|")) {
        parts.push({ kind: "cat", parts: items })
        items = []
        continue
      }
      const changed = this.#match(/\(\?([ims]+)\)/y)
      if (changed !== null) current = withFlags(current, changed[1] ?? "")
      else items.push(this.#item(current))
    }
    this.#depth--
    parts.push({ kind: "cat", parts: items })
    return parts.length === 1 ? parts[0] ?? emptyNode : { kind: "alt", parts }
  }

  #item(flags: Flags): Node {
    const start = this.#at
    const node = this.#atom(flags)
    return this.#repeated(node, start)
  }

  #repeated(node: Node, start: number): Node {
    const found = this.#match(/([*+?]|\{(\d{1,5})(,(\d{0,5}))?\})(\??)/y)
    if (found === null) return node
    if (node.kind === "assert") throw this.#problem("nothing that repeats a ^, $ or \\b", start)
    const [, sign = "", least, range, most, lazy] = found
    const min = least === undefined ? sign === "+" ? 1 : 0 : Number(least)
    const max = least === undefined
      ? sign === "?" ? 1 : Infinity
      : range === undefined
      ? min
      : most === ""
      ? Infinity
      : Number(most)
    if (min > max || min > mostRepeats || (max !== Infinity && max > mostRepeats)) {
      throw this.#problem(`from 0 to ${mostRepeats} repetitions, the smaller number first`, start)
    }
    if (this.#match(/[*+?]|\{\d+(?:,\d*)?\}/y) !== null) throw this.#problem("one quantifier at a time")
    return { kind: "repeat", node, min, max, lazy: lazy === "?" }
  }

  #atom(flags: Flags): Node {
    const start = this.#at
    const code = this.#source.codePointAt(start) ?? 0
    const letter = String.fromCodePoint(code)
    this.#at += letter.length
    switch (letter) {
      case "(":
        return this.#group(flags, start)
      case "[":
        return this.#brackets(flags)
      case ".":
        return anyOf(flags.dotAll ? CharSet.none : CharSet.of([10, 10, 13, 13, 0x2028, 0x2029]))
      case "^":
        return { kind: "assert", assertion: flags.multiline ? "lineBegin" : "begin" }
      case "$":
        return { kind: "assert", assertion: flags.multiline ? "lineEnd" : "end" }
      case "\\":
        return this.#escape(flags)
      case "*":
      case "+":
      case "?":
        throw this.#problem("something to repeat", start)
      default:
        return literal(code, flags)
    }
  }

  #group(flags: Flags, start: number): Node {
    let inner = flags
    if (this.#match(/\?(?:=|!|<=|<!)/y) !== null) {
      throw this.#problem("no look-around, which cannot be matched in linear time", start)
    }
    const named = this.#match(/\?P?<[A-Za-z_]\w*>/y)
    if (named === null && this.#next("?")) {
      const marks = this.#match(/([ims]*):/y)
      if (marks === null) throw this.#problem("(?:, (?<name>, (?i), (?s) or (?m)", start)
      inner = withFlags(flags, marks[1] ?? "")
    }
    const node = this.#alternatives(inner)
    if (!this.#next(")")) throw this.#problem("a ) for this (", start)
    return node
  }

  #escape(flags: Flags): Node {
    const start = this.#at - 1
    const mark = this.#source[this.#at]
    if (mark === "b" || mark === "B") {
      this.#at++
      return { kind: "assert", assertion: mark === "b" ? "word" : "notWord" }
    }
    if (mark === "A" || mark === "z") {
      this.#at++
      return { kind: "assert", assertion: mark === "A" ? "begin" : "end" }
    }
    if (mark !== undefined && /[1-9k]/.test(mark)) {
      throw this.#problem("no back-references, which cannot be matched in linear time", start)
    }
    const chars = this.#classEscape()
    if (chars === undefined) return literal(this.#charEscape(start), flags)
    return chars.negated ? anyOf(chars.set.negated()) : setNode(chars.set)
  }

  /** `\d`, `\w`, `\s` and `\p{…}`, and their opposites; `undefined` if another escape follows. */
  #classEscape(): { readonly set: CharSet; readonly negated: boolean } | undefined {
    const [, letter] = this.#match(/([dDwWsS])/y) ?? []
    if (letter !== undefined) {
      const small = letter.toLowerCase()
      const chars = small === "d" ? digits : small === "w" ? wordChars : spaces
      return letter === small ? { set: chars, negated: false } : { set: chars.negated(), negated: true }
    }
    const start = this.#at
    const property = this.#match(/([pP])\{([\w=]{1,60})\}/y)
    if (property === null) return undefined
    const chars = CharSet.ofProperty(property[2] ?? "")
    if (chars === undefined) throw this.#problem("a property that Unicode defines", start)
    return property[1] === "p" ? { set: chars, negated: false } : { set: chars.negated(), negated: true }
  }

  #charEscape(start: number): number {
    const [, hex, short, braced] = this.#match(/x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]{1,6})\}/iy) ?? []
    const code = hex ?? short ?? braced
    if (code !== undefined) {
      const number = parseInt(code, 16)
      if (number > 0x10ffff) throw this.#problem("a character of Unicode", start)
      return number
    }
    const letter = this.#source[this.#at]
    if (letter === undefined) throw this.#problem("a character after \\", start)
    this.#at++
    const control = controls[letter]
    if (control !== undefined) return control
    if (/[A-Za-z0-9]/.test(letter)) throw this.#problem("a known escape", start)
    return letter.charCodeAt(0)
  }

  #brackets(flags: Flags): Node {
    const start = this.#at - 1
    const negated = this.#next("^")
    let chars = CharSet.none
    while (!this.#next("]")) {
      if (this.#at >= this.#source.length) throw this.#problem("a ] for this [", start)
      chars = chars.with(this.#member())
    }
    if (flags.ignoreCase) chars = chars.caseless()
    return negated ? anyOf(chars) : setNode(chars)
  }

  #member(): CharSet {
    const start = this.#at
    const first = this.#memberChar()
    if (first instanceof CharSet) return first
    if (this.#source[this.#at] !== "-" || this.#source[this.#at + 1] === "]") {
      return CharSet.of([first, first])
    }
    this.#at++
    const last = this.#memberChar()
    if (last instanceof CharSet || last < first) {
      throw this.#problem("a range from lower to higher", start)
    }
    return CharSet.of([first, last])
  }

  #memberChar(): number | CharSet {
    const start = this.#at
    const code = this.#source.codePointAt(start)
    if (code === undefined) throw this.#problem("a ] at the end", start)
    this.#at += code > 0xffff ? 2 : 1
    let found = code
    if (code === 0x5c) {
      const chars = this.#classEscape()
      if (chars !== undefined) return chars.set
      if (this.#next("b")) return 8
      found = this.#charEscape(start)
    }
    if (found > 0xffff) throw this.#problem("no character beyond U+FFFF within []", start)
    return found
  }
}
