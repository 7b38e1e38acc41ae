/**
 * Finds exactly what one expression matches: the earliest match, and of several there the one that backtracking would
 * find first. Time is linear in the text read, times the size of the expression (Pike's machine).
 *
 * @module
 */
import type { Closure } from "./closure.ts"
import { EDGE, MATCH, type Program } from "./program.ts"

/** A text to search, and what surrounds it. */
export interface Searched {
  readonly text: string
  /** The kind of the character before it. */
  readonly before: number
  /** Whether the text is complete. */
  readonly isEnd: boolean
  /** How far the last search has read: maybe past its match, for a longer one that did not come. */
  scannedTo: number
}

/** Where a match is. */
export interface Match {
  readonly start: number
  readonly end: number
}

/** The kind of the character at an index. */
export const kindAt = ({ classOf, kinds }: Program, text: string, at: number): number =>
  at < text.length ? kinds[classOf[text.charCodeAt(at)] as number] as number : EDGE

/**
 * The first match of an expression that begins at `from` or later, and before `until`.
 *
 * @param closure of this program
 */
export const searchMatch = (
  program: Program,
  closure: Closure,
  expression: number,
  searched: Searched,
  from: number,
  until: number,
): Match | undefined => {
  const { text, before, isEnd } = searched
  const { classOf, ops, xs, ys, sets, starts } = program
  const first = starts[expression] as number
  let places: Array<number> = []
  let begun: Array<number> = []
  let match: Match | undefined
  let at = from
  for (; at <= text.length; at++) {
    const mayBegin = match === undefined && at < until
    if (places.length === 0 && !mayBegin) break
    // The character after an incomplete text is not known yet.
    if (at === text.length && !isEnd) break
    const left = at === 0 ? before : kindAt(program, text, at - 1)
    const right = kindAt(program, text, at)
    const unit = at < text.length ? classOf[text.charCodeAt(at)] as number : -1
    const next: Array<number> = []
    const nextBegun: Array<number> = []
    closure.begin()
    let done = 0
    let isCut = false
    const count = places.length + (mayBegin ? 1 : 0)
    for (let index = 0; index < count && !isCut; index++) {
      const isNew = index === places.length
      const start = isNew ? at : begun[index] as number
      closure.add(isNew ? first : places[index] as number, left, right)
      for (; done < closure.count; done++) {
        const place = closure.found[done] as number
        if (ops[place] === MATCH) {
          if (at === start) continue
          match = { start, end: at }
          // Less preferred alternatives are dropped.
          isCut = true
          break
        }
        if (unit !== -1 && sets[xs[place] as number]?.[unit] === 1) {
          next.push(ys[place] as number)
          nextBegun.push(start)
        }
      }
    }
    places = next
    begun = nextBegun
  }
  searched.scannedTo = Math.min(at, text.length)
  return match
}
