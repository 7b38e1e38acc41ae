/**
 * The evaluators for entries of datasets: Cloudflare's three, and ours.
 *
 * @module
 */
import type { EvaluationResult } from "../../settings-store/evaluation-document.ts"
import type { LogEntry } from "../../request-log/entry.ts"
import { isSuccess } from "../../request-log/filterable-fields.ts"

/** An evaluator. */
export interface Evaluator {
  readonly id: string
  readonly name: string
  readonly description: string
  /** The figure of an entry; `undefined` for an entry without one, which is left out. */
  readonly of: (entry: LogEntry) => number | undefined
  /** Reduces the figures (at least one, in ascending order) to one number. */
  readonly result: (values: ReadonlyArray<number>) => number
}

const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** The percentile by nearest rank: the least value that at least this share of all values does not exceed. */
const percentile = (share: number) => (values: ReadonlyArray<number>): number =>
  values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? NaN

/** A share, in per cent. */
const share = (values: ReadonlyArray<number>): number => 100 * mean(values)

/** All evaluators. The first three are Cloudflare's. */
export const evaluators: ReadonlyArray<Evaluator> = [
  {
    id: "cost",
    name: "Cost",
    description: "Average cost of a request in US dollars, of those whose cost is known.",
    of: ({ cost }) => cost ?? undefined,
    result: mean,
  },
  {
    id: "speed",
    name: "Speed",
    description: "Average duration of a request in milliseconds.",
    of: ({ total_ms }) => total_ms,
    result: mean,
  },
  {
    id: "feedback",
    name: "Human feedback",
    description: "Share of thumbs up in per cent, of the requests that were given a thumb.",
    of: ({ feedback }) => feedback === 1 ? 1 : feedback === -1 ? 0 : undefined,
    result: share,
  },
  ...([["p50", 0.5], ["p95", 0.95]] as const).flatMap(([name, rank]): ReadonlyArray<Evaluator> => [
    {
      id: `duration_${name}`,
      name: `Duration ${name}`,
      description: `Duration in milliseconds that ${rank * 100} % of the requests do not exceed.`,
      of: ({ total_ms }) => total_ms,
      result: percentile(rank),
    },
    {
      id: `first_token_${name}`,
      name: `Time to first token ${name}`,
      description: `Time to the first token in milliseconds that ${
        rank * 100
      } % of the streams do not exceed.`,
      of: ({ time_to_first_token_ms }) => time_to_first_token_ms ?? undefined,
      result: percentile(rank),
    },
  ]),
  {
    id: "error_share",
    name: "Error share",
    description:
      "Share of the requests in per cent that did not succeed: a status from 400, an error, or a stream that broke off.",
    of: (entry) => isSuccess(entry) ? 0 : 1,
    result: share,
  },
  {
    id: "cache_share",
    name: "Cache share",
    description: "Share of the requests in per cent that the cache answered.",
    of: ({ cached }) => cached ? 1 : 0,
    result: share,
  },
]

/** Collects entries, and computes the results of some evaluators. */
export interface EvaluationTally {
  readonly add: (entry: LogEntry) => void
  readonly total: () => number
  readonly results: () => ReadonlyArray<EvaluationResult>
}

/** Starts without entries. */
export const evaluationBy = (chosen: ReadonlyArray<Evaluator>): EvaluationTally => {
  const found = chosen.map((evaluator) => ({ evaluator, values: [] as Array<number> }))
  let total = 0
  return {
    add: (entry) => {
      total++
      for (const { evaluator, values } of found) {
        const value = evaluator.of(entry)
        if (value !== undefined) values.push(value)
      }
    },
    total: () => total,
    results: () =>
      found.map(({ evaluator, values }) => ({
        id: crypto.randomUUID(),
        evaluation_type_id: evaluator.id,
        // Nine digits: a call may cost less than a millionth of a dollar.
        result: values.length === 0
          ? ""
          : String(Number(evaluator.result(values.sort((one, other) => one - other)).toFixed(9))),
        status_description: values.length === 0 ? "No request has what this evaluator needs." : "Completed.",
        total_logs: values.length,
      })),
  }
}
