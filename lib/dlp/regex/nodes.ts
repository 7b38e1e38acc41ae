/**
 * The syntax tree of regular expressions, and constructors for the nodes that match one character.
 *
 * @module
 */
import { foldUnit } from "../fold.ts"
import { CharSet } from "./char-set.ts"

/** A condition on a position between two characters. */
export type Assertion = "begin" | "end" | "lineBegin" | "lineEnd" | "word" | "notWord"

/** A part of an expression. */
export type Node =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "cat" | "alt"; readonly parts: ReadonlyArray<Node> }
  | {
    readonly kind: "repeat"
    readonly node: Node
    readonly min: number
    readonly max: number
    readonly lazy: boolean
  }
  | { readonly kind: "assert"; readonly assertion: Assertion }

/** The flags of a group. */
export interface Flags {
  readonly ignoreCase: boolean
  readonly dotAll: boolean
  readonly multiline: boolean
}

/** What `\d`, `\w` and `\s` match. */
export const digits = CharSet.of([0x30, 0x39])
export const wordChars = CharSet.of([0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a])
export const spaces = CharSet.of([
  9,
  13,
  0x20,
  0x20,
  0xa0,
  0xa0,
  0x1680,
  0x1680,
  0x2000,
  0x200a,
  0x2028,
  0x2029,
  0x202f,
  0x202f,
  0x205f,
  0x205f,
  0x3000,
  0x3000,
  0xfeff,
  0xfeff,
])

const pair = CharSet.of([0xd800, 0xdbff])
const low = CharSet.of([0xdc00, 0xdfff])

/** Matches one character of a set. */
export const setNode = (chars: CharSet): Node => ({ kind: "set", set: chars })

/** Matches the empty text. */
export const emptyNode: Node = { kind: "cat", parts: [] }

/** Adds the flags that some letters stand for. */
export const withFlags = (flags: Flags, marks: string): Flags => ({
  ignoreCase: flags.ignoreCase || marks.includes("i"),
  dotAll: flags.dotAll || marks.includes("s"),
  multiline: flags.multiline || marks.includes("m"),
})

/** Matches any character but some. Characters beyond U+FFFF are surrogate pairs, within which no match may end. */
export const anyOf = (excluded: CharSet): Node => {
  const single = excluded.with(pair).with(low).negated()
  return { kind: "alt", parts: [setNode(single), { kind: "cat", parts: [setNode(pair), setNode(low)] }] }
}

/** Matches one character, in folded form. */
export const literal = (code: number, { ignoreCase }: Flags): Node => {
  if (code > 0xffff) {
    const text = String.fromCodePoint(code)
    const parts = [0, 1].map((at) => setNode(CharSet.of([text.charCodeAt(at), text.charCodeAt(at)])))
    return { kind: "cat", parts }
  }
  const plain = foldUnit(code)
  // Folding removes this character from texts.
  if (plain === 0 && code !== 0) return emptyNode
  const chars = CharSet.of([plain, plain])
  return setNode(ignoreCase ? chars.caseless() : chars)
}
