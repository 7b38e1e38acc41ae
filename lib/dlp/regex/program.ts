/**
 * Several expressions compiled to one program. Characters that no expression tells apart form one class.
 *
 * @module
 */
import type { CharSet } from "./char-set.ts"
import { RegexProblem } from "./syntax.ts"
import type { Assertion, Node } from "./nodes.ts"

/** Consumes a character of a set. */
export const SET = 0
/** Continues at two instructions, the first of which is preferred. */
export const SPLIT = 1
/** Continues if an assertion holds. */
export const ASSERT = 2
/** An expression has matched. */
export const MATCH = 3

/** What is next to a position: an end of the text, or a kind of character. */
export const EDGE = 0, WORD = 1, NEWLINE = 2, OTHER = 3

const assertions: ReadonlyArray<Assertion> = ["begin", "end", "lineBegin", "lineEnd", "word", "notWord"]

/** A program. A place in it is the index of an instruction. */
export interface Program {
  readonly ops: Uint8Array
  /** For SET the set, for SPLIT the preferred instruction, for ASSERT the assertion, for MATCH the expression. */
  readonly xs: Int32Array
  /** The next instruction; for SPLIT the other one. */
  readonly ys: Int32Array
  /** The first instruction of each expression. */
  readonly starts: Int32Array
  /** The class of each UTF-16 code unit. */
  readonly classOf: Uint16Array
  /** How many classes there are. */
  readonly classes: number
  /** The kind of each class: word characters, line feeds or others. */
  readonly kinds: Uint8Array
  /** For each set, the classes that it contains. */
  readonly sets: ReadonlyArray<Uint8Array>
}

/** The most instructions in one expression; larger automata would not pay. */
const mostInstructions = 20_000

const isWord = (unit: number): boolean =>
  (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f ||
  (unit >= 0x61 && unit <= 0x7a)

/** Compiles expressions. Throws `RegexProblem` if one is too large. */
export const compileProgram = (expressions: ReadonlyArray<Node>): Program => {
  const ops: Array<number> = [], xs: Array<number> = [], ys: Array<number> = []
  const sets: Array<CharSet> = []
  const known = new Map<string, number>()
  let begun = 0

  const put = (op: number, x: number, y: number): number => {
    if (ops.length - begun > mostInstructions) {
      throw new RegexProblem("a smaller expression, with fewer repetitions")
    }
    ops.push(op)
    xs.push(x)
    return ys.push(y) - 1
  }
  const setIndex = (set: CharSet): number => {
    const key = set.ranges.join()
    const found = known.get(key)
    if (found !== undefined) return found
    known.set(key, sets.length)
    return sets.push(set) - 1
  }
  /** Compiles a node that continues at `next`, and returns its first instruction. */
  const emit = (node: Node, next: number): number => {
    switch (node.kind) {
      case "set":
        return put(SET, setIndex(node.set), next)
      case "assert":
        return put(ASSERT, assertions.indexOf(node.assertion), next)
      case "cat":
        return node.parts.reduceRight((rest, part) => emit(part, rest), next)
      case "alt":
        return node.parts.slice(0, -1).reduceRight(
          (rest, part) => put(SPLIT, emit(part, next), rest),
          emit(node.parts.at(-1) ?? { kind: "cat", parts: [] }, next),
        )
      case "repeat":
        return repeat(node, next)
    }
  }
  const either = (lazy: boolean, body: number, next: number): number =>
    lazy ? put(SPLIT, next, body) : put(SPLIT, body, next)
  const repeat = ({ node, min, max, lazy }: Node & { readonly kind: "repeat" }, next: number): number => {
    let place = next
    let copies = min
    if (max === Infinity) {
      const loop = put(SPLIT, 0, 0)
      const body = emit(node, loop)
      xs[loop] = lazy ? next : body
      ys[loop] = lazy ? body : next
      place = min > 0 ? body : loop
      copies = Math.max(0, min - 1)
    } else for (let extra = min; extra < max; extra++) place = either(lazy, emit(node, place), next)
    for (; copies > 0; copies--) place = emit(node, place)
    return place
  }

  const starts = expressions.map((node, index) => {
    begun = ops.length
    return emit(node, put(MATCH, index, 0))
  })
  return {
    ops: Uint8Array.from(ops),
    xs: Int32Array.from(xs),
    ys: Int32Array.from(ys),
    starts: Int32Array.from(starts),
    ...classesOf(sets),
  }
}

/** Divides the code units into classes that no set and no assertion tells apart. */
const classesOf = (sets: ReadonlyArray<CharSet>): Pick<Program, "classOf" | "classes" | "kinds" | "sets"> => {
  const bounds = new Set([0, 10, 11, 0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b])
  for (const { ranges } of sets) {
    ranges.forEach((bound, at) => bounds.add(at % 2 === 0 ? bound : bound + 1))
  }
  bounds.delete(0x10000)
  const from = [...bounds].sort((one, other) => one - other)
  const classOf = new Uint16Array(0x10000)
  const known = new Map<string, number>()
  const members: Array<ReadonlyArray<boolean>> = []
  const kinds: Array<number> = []
  from.forEach((unit, at) => {
    const kind = unit === 10 ? NEWLINE : isWord(unit) ? WORD : OTHER
    const held = sets.map((set) => set.has(unit))
    const key = `${kind}${held.map(Number).join("")}`
    const index = known.get(key) ?? members.push(held) - 1
    known.set(key, index)
    kinds[index] = kind
    classOf.fill(index, unit, from[at + 1] ?? 0x10000)
  })
  return {
    classOf,
    classes: members.length,
    kinds: Uint8Array.from(kinds),
    sets: sets.map((_, set) => Uint8Array.from(members, (held) => held[set] === true ? 1 : 0)),
  }
}
