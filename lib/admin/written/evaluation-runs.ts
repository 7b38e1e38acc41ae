/**
 * Starts the judges of evaluations.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminConflict } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type {
  EvaluationResult,
  EvaluationRun,
  WrittenEvaluation,
  WrittenJudge,
} from "../../settings-store/evaluation-document.ts"
import { JudgeTally } from "../evaluation/judge-counts.ts"
import type { JudgeTask } from "../evaluation/judge-run.ts"
import { mostRuns } from "../evaluation/JudgeRuns.ts"
import type { WriteContext } from "./context.ts"

/**
 * The new run; `undefined` without judges. Fails if the evaluation is already running, or too many are.
 *
 * @param before the evaluation that is rerun
 * @param continues whether the new run resumes the last one, and so keeps its id
 */
export const newRun = (
  { judging }: Pick<WriteContext, "judging">,
  judges: ReadonlyArray<WrittenJudge>,
  before?: WrittenEvaluation,
  continues = false,
): Result.Result<EvaluationRun | undefined, GatewayError> => {
  if (judges.length === 0) return Result.succeed(undefined)
  const last = before?.run
  const isRunning = last?.state === "running" && Date.now() <= last.until
  // A cancelled run may still save its results.
  if (last !== undefined && (isRunning || judging.results(last.id) !== undefined)) {
    return Result.fail(
      adminConflict("The evaluation's judges are running. Wait until they are done, or cancel them first."),
    )
  }
  if (!judging.hasRoom()) {
    return Result.fail(
      adminConflict(`${mostRuns} evaluations with judges are running already. Wait for one, or cancel it.`),
    )
  }
  const begun = { until: judging.until(), state: "running", reason: null } as const
  return Result.succeed(
    continues && last !== undefined
      ? { ...last, ...begun }
      : { id: crypto.randomUUID(), started_at: new Date().toISOString(), ...begun },
  )
}

/** The results at the start of a run: judges have no verdicts yet, unless they are resumed. */
export const firstResults = (
  { results, total_logs }: Pick<WrittenEvaluation, "results" | "total_logs">,
  judges: ReadonlyArray<WrittenJudge>,
  before: ReadonlyArray<EvaluationResult> = [],
): ReadonlyArray<EvaluationResult> => [
  ...results,
  ...judges.map((judge) =>
    before.find((one) => one.evaluation_type_id === judge.id) ??
      new JudgeTally(judge).result(total_logs, "Running.")
  ),
]

/** Starts the run in the background of the request. */
export const startRun = (
  { judging, route: { account, gateway }, author, host }: WriteContext,
  task: Omit<JudgeTask, "account" | "gateway">,
): void => judging.start({ ...task, account, gateway }, author, host)
