/**
 * What to find, compiled once: patterns of built-in detectors, operators' expressions and literal texts.
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

/** The automata of some detectors, shared by all texts that are scanned. */
export interface Matcher {
  /** `undefined` if there are no expressions. */
  readonly program: Program | undefined
  readonly automaton: Automaton | undefined
  readonly closure: Closure | undefined
  /** For each expression of the program, its detector and how its matches are checked. */
  readonly expressions: ReadonlyArray<{
    readonly detector: number
    readonly accept?: Accept | undefined
    readonly find?: Find | undefined
  }>
  readonly literals: Literals | undefined
}

/**
 * Compiles detectors, which are then known by their index. Throws `RegexProblem`.
 *
 * @param most the most entries in the automaton's table; see `Automaton`
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
