/**
 * What to find, compiled once: the spellings of detectors, operators' expressions and literal texts.
 *
 * @module
 */
import type { Accept, DetectorName } from "./detectors.ts"
import { spellingsOf } from "./detectors.ts"
import { foldText } from "./fold.ts"
import { Literals, type LiteralSet } from "./literals.ts"
import type { Find } from "./number-search.ts"
import { Automaton } from "./regex/automaton.ts"
import { Closure } from "./regex/closure.ts"
import { compileProgram, type Program } from "./regex/program.ts"
import { parseRegex } from "./regex/syntax.ts"
import type { Node } from "./regex/nodes.ts"

/** What a detector looks for. */
export type DetectorSpec = DetectorName | { readonly regex: string } | {
  readonly literals: ReadonlyArray<string>
}

/** The automata of some detectors. They are shared by all texts that are scanned, one after the other. */
export interface Matcher {
  /** `undefined` if there is no expression. */
  readonly program: Program | undefined
  readonly automaton: Automaton | undefined
  readonly closure: Closure | undefined
  /** The detector of each expression of the program, and how its matches are looked at. */
  readonly expressions: ReadonlyArray<{
    readonly detector: number
    readonly accept?: Accept | undefined
    readonly find?: Find | undefined
  }>
  readonly literals: Literals | undefined
}

/**
 * Compiles detectors, which are numbered by their order. Throws `RegexProblem`.
 *
 * @param most how many entries the automaton's table may have; see `Automaton`
 */
export const compileMatcher = (detectors: ReadonlyArray<DetectorSpec>, most?: number): Matcher => {
  const nodes: Array<Node> = []
  const expressions: Array<Matcher["expressions"][number]> = []
  const sets: Array<LiteralSet> = []
  for (const [detector, spec] of detectors.entries()) {
    if (typeof spec === "string") {
      for (const { pattern, accept, find } of spellingsOf(spec)) {
        nodes.push(parseRegex(pattern))
        expressions.push({ detector, accept, find })
      }
    } else if ("regex" in spec) {
      nodes.push(parseRegex(spec.regex))
      expressions.push({ detector })
    } else sets.push({ detector, texts: spec.literals.map(foldText).filter((text) => text !== "") })
  }
  const program = nodes.length === 0 ? undefined : compileProgram(nodes)
  return {
    program,
    automaton: program && new Automaton(program, most),
    closure: program && new Closure(program),
    expressions,
    literals: sets.length === 0 ? undefined : new Literals(sets),
  }
}
