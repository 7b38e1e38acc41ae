/**
 * The results of judges within those of an evaluation.
 *
 * @module
 */
import type { EvaluationResult } from "../../settings-store/evaluation-document.ts"

/** Results with those of some judges replaced. */
export const replaced = (
  results: ReadonlyArray<EvaluationResult>,
  judged: ReadonlyArray<EvaluationResult>,
): ReadonlyArray<EvaluationResult> =>
  results.map((result) => {
    const newer = judged.find((one) => one.evaluation_type_id === result.evaluation_type_id)
    return newer === undefined ? result : { ...newer, id: result.id }
  })
