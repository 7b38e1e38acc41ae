/**
 * Runs every check of the wire against a gateway, one after the other, and scores them by area.
 *
 * @module
 */
import { type Area, Skipped, type Subject, Wire } from "./check.ts"
import { cache, dynamic, rest, retries, streams, universal } from "./flow-checks.ts"
import { compat, provider } from "./provider-checks.ts"
import { errors, headers, log, sockets } from "./surface-checks.ts"

const areas: ReadonlyArray<Area> = [
  provider,
  compat,
  universal,
  rest,
  dynamic,
  headers,
  errors,
  streams,
  cache,
  retries,
  log,
  sockets,
]

/** The outcome of one check. */
export interface Outcome {
  readonly area: string
  readonly check: string
  readonly result: "passed" | "failed" | "skipped"
  /** What is wrong, or why it was skipped. */
  readonly why: string | null
}

/** What a run has found. */
export interface Findings {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly outcomes: ReadonlyArray<Outcome>
}

/** The first line of what was thrown. */
const reasonOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n", 1)[0]?.slice(0, 200) ?? ""

/** Runs the checks. A check that fails does not end the run. */
export const conform = async (subject: Subject): Promise<Findings> => {
  const wire = new Wire(subject)
  const outcomes: Array<Outcome> = []
  for (const { name: area, checks } of areas) {
    for (const { name: check, run } of checks) {
      try {
        await run(wire)
        outcomes.push({ area, check, result: "passed", why: null })
      } catch (cause) {
        const result = cause instanceof Skipped ? "skipped" : "failed"
        outcomes.push({ area, check, result, why: reasonOf(cause) })
        // A fault that was ordered for this check must not meet the next one.
        await fetch(`${subject.upstream.url}/_simulator/faults`, { method: "DELETE" }).catch(() => {})
      }
    }
  }
  const count = (wanted: Outcome["result"]) => outcomes.filter(({ result }) => result === wanted).length
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped"), outcomes }
}

/** The findings as a table by area, with what failed below it. */
export const tableOf = ({ outcomes, passed, failed, skipped }: Findings): ReadonlyArray<string> => {
  const names = [...new Set(outcomes.map(({ area }) => area))]
  const width = Math.max(...names.map((name) => name.length), "total".length)
  const row = (name: string, score: string, note = "") =>
    `${name.padEnd(width)}  ${score.padStart(7)}  ${note}`.trimEnd()
  const rows = names.map((name) => {
    const own = outcomes.filter(({ area }) => area === name)
    const counted = own.filter(({ result }) => result !== "skipped")
    const good = counted.filter(({ result }) => result === "passed").length
    const left = own.length - counted.length
    return row(name, `${good}/${counted.length}`, left === 0 ? "" : `${left} skipped`)
  })
  const notes = outcomes.filter(({ result }) => result !== "passed").map(({ area, check, result, why }) =>
    `${result === "failed" ? "✗" : "–"} ${area}: ${check}\n    ${why}`
  )
  const total = row("total", `${passed}/${passed + failed}`, skipped === 0 ? "" : `${skipped} skipped`)
  return [...rows, "-".repeat(width + 9), total, ...(notes.length > 0 ? ["", ...notes] : [])]
}
