/**
 * Evaluations in the management API: Cloudflare's shape, with the progress of judges added.
 *
 * @module
 */
import type { EvaluationResult, WrittenEvaluation } from "../../settings-store/evaluation-document.ts"
import { datasetJson } from "./datasets.ts"

/** The state of a run as shown; a run that should have ended by now was aborted. */
const shownRun = (
  { run }: WrittenEvaluation,
  now: number,
): { readonly state: "running" | "done" | "stopped"; readonly reason: string | null } => {
  if (run === undefined) return { state: "done", reason: null }
  return run.state === "running" && now > run.until + 5_000
    ? { state: "stopped", reason: "its process ended" }
    : run
}

/** Cloudflare numbers the states of results from 0. */
const states = { running: 0, done: 1, stopped: 2 } as const

/**
 * An evaluation.
 *
 * @param live the results of its run so far, if known
 */
export const evaluationJson = (
  evaluation: WrittenEvaluation,
  now: number,
  live?: ReadonlyArray<EvaluationResult>,
) => {
  const { id, gateway, name, datasets, total_logs, run, created_at, modified_at } = evaluation
  const shown = shownRun(evaluation, now)
  return {
    id,
    gateway_id: gateway,
    name,
    processed: shown.state !== "running",
    total_logs,
    datasets: datasets.map(datasetJson),
    results: evaluation.results.map((written) => {
      const newer = live?.find((one) => one.evaluation_type_id === written.evaluation_type_id)
      const result = newer === undefined ? written : { ...newer, id: written.id }
      return {
        ...result,
        evaluation_id: id,
        // Results of plain evaluators are available at once.
        status: result.judge === undefined ? states.done : states[shown.state],
        created_at: modified_at,
        modified_at,
      }
    }),
    run: run === undefined ? null : { id: run.id, started_at: run.started_at, ...shownState(shown) },
    created_at,
    modified_at,
  }
}

const shownState = ({ state, reason }: ReturnType<typeof shownRun>) => ({ state, reason })
