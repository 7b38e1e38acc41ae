/**
 * What came of the tests of a run: counts by group, failures in full.
 *
 * @module
 */
import { dirname, relative } from "node:path"
import process from "node:process"
import { inspect } from "node:util"

/** What Node tells of a test that has ended. */
export interface Ended {
  readonly name: string
  readonly file?: string | undefined
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: { readonly type?: string | undefined; readonly error?: { readonly cause?: unknown } }
}

interface Counts {
  passed: number
  failed: number
  skipped: number
}

const none = (): Counts => ({ passed: 0, failed: 0, skipped: 0 })

/** A suite of the contract is named for its runtime; everything else counts by its folder. */
const groupOf = (file: string, suite: string): string =>
  /contract\/cases\//.test(file) ? `contract on ${suite}` : dirname(relative(process.cwd(), file))

const textOf = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`

/** Counts tests. */
export interface Tally {
  /** Notes one; what failed or was skipped is printed at once. */
  readonly count: (passes: boolean, test: Ended, suite: string) => void
  readonly total: Readonly<Counts>
  /** A line for each group, and one for all. */
  readonly lines: () => { readonly groups: ReadonlyArray<string>; readonly all: string }
}

/** Begins with none. */
export const openTally = (): Tally => {
  const counts = new Map<string, Counts>()
  const total = none()
  return {
    count: (passes, { name, file = "", skip, todo, details }, suite) => {
      const outcome = !passes ? "failed" : skip ?? todo ? "skipped" : "passed"
      if (details.type === "suite" && outcome !== "skipped") return
      const group = groupOf(file, suite)
      const ofGroup = counts.get(group) ?? none()
      counts.set(group, ofGroup)
      ofGroup[outcome]++
      total[outcome]++
      if (outcome === "passed") return
      const why = details.error?.cause ?? details.error
      console.log(
        `\n${outcome.toUpperCase()} ${group}: ${name}\n${
          why === undefined ? "" : inspect(why, { depth: 5 })
        }`,
      )
    },
    total,
    lines: () => {
      const width = Math.max(...[...counts.keys()].map((group) => group.length))
      return {
        groups: [...counts].sort().map(([group, ofGroup]) => `${group.padEnd(width)}  ${textOf(ofGroup)}`),
        all: textOf(total),
      }
    },
  }
}
