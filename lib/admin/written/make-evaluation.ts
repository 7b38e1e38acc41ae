/**
 * Creates and reruns evaluations.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict } from "../../errors/admin-errors.ts"
import type {
  WrittenDataset,
  WrittenEvaluation,
  WrittenJudge,
} from "../../settings-store/evaluation-document.ts"
import { evaluationBy, type Evaluator, evaluators } from "../evaluation/evaluators.ts"
import { showing } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { datasetsOf } from "./datasets.ts"
import { evaluationJson } from "./evaluation-json.ts"
import { firstResults, newRun, startRun } from "./evaluation-runs.ts"
import { judgesOf } from "./evaluation-types.ts"
import {
  changed,
  evaluationChange,
  evaluationOf,
  evaluationsOf,
  noEvaluation,
  withEvaluation,
} from "./evaluations.ts"
import { openMembers } from "./body-members.ts"

/** The most evaluations of a gateway: each is part of the document that every change writes. */
const mostEvaluations = 100

/** Evaluates every entry of the datasets, only once if it belongs to several. */
const evaluated = async (
  { entries, route: { account, gateway } }: WriteContext,
  datasets: ReadonlyArray<WrittenDataset>,
  chosen: ReadonlyArray<Evaluator>,
): Promise<Pick<WrittenEvaluation, "results" | "total_logs">> => {
  const evaluation = evaluationBy(chosen)
  const seen = new Set<string>()
  for (const { filters } of datasets) {
    for await (const some of entries({ account, gateway }, filters)) {
      for (const entry of some) {
        if (seen.has(entry.request_id)) continue
        if (datasets.length > 1) seen.add(entry.request_id)
        evaluation.add(entry)
      }
    }
  }
  return { results: evaluation.results(), total_logs: evaluation.total() }
}

/** The items of `known` that a list of ids names, or the id that is unknown. */
const named = <Item extends { readonly id: string }>(
  ids: ReadonlyArray<unknown>,
  known: ReadonlyArray<Item>,
): ReadonlyArray<Item> | string => {
  const items: Array<Item> = []
  for (const id of new Set(ids)) {
    const item = known.find((one) => one.id === id)
    if (item === undefined) return `there is no ${String(id).slice(0, 64)}`
    items.push(item)
  }
  return items.length === 0 ? "expected at least one id" : items
}

/** Creates an evaluation and runs it. Judges' results come later. */
export const createEvaluation = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("name", "a name")
  const name = members.matching("name", /^\P{Cc}{1,100}$/u, "a name of 1 to 100 characters") ?? ""
  members.require("dataset_ids", "a list of datasets' ids")
  members.require("evaluation_type_ids", "a list of evaluators' ids")
  const known = [...evaluators, ...judgesOf(context.document, context)]
  const datasets = named(members.list("dataset_ids") ?? [], datasetsOf(context.document, context))
  const chosen = named<Evaluator | WrittenJudge>(members.list("evaluation_type_ids") ?? [], known)
  if (typeof datasets === "string") members.refuse(`dataset_ids: ${datasets}`)
  if (typeof chosen === "string") {
    members.refuse(`evaluation_type_ids: ${chosen}; known are: ${known.map(({ id }) => id).join(", ")}`)
  }
  const problem = members.problem()
  if (problem !== undefined || typeof datasets === "string" || typeof chosen === "string") {
    return Result.fail(problem ?? adminBadRequest("The body cannot be read."))
  }
  const judges = chosen.filter((one) => "prompt" in one)
  const run = newRun(context, judges)
  if (Result.isFailure(run)) return Result.fail(run.failure)
  const { account, gateway } = context.route
  const found = await evaluated(context, datasets, chosen.filter((one) => "of" in one))
  const results = firstResults(found, judges)
  const id = crypto.randomUUID()
  const written = await context.written.change({
    ...evaluationChange(context),
    edit: ({ document, version, now }) => {
      if (evaluationsOf(document, context).length >= mostEvaluations) {
        return Result.fail(
          adminConflict(`A gateway keeps at most ${mostEvaluations} evaluations. Delete one first.`),
        )
      }
      const evaluation: WrittenEvaluation = {
        id,
        account,
        gateway,
        name,
        datasets,
        ...found,
        results,
        ...(run.success !== undefined && { run: run.success }),
        version,
        created_at: now,
        modified_at: now,
      }
      const after = evaluationJson(evaluation, Date.now())
      return Result.succeed({
        document: withEvaluation(document, id, evaluation),
        action: "create",
        id,
        before: null,
        after,
        answer: () => showing(after, evaluation),
      })
    },
  })
  if (Result.isSuccess(written) && run.success !== undefined) {
    startRun(context, {
      evaluation: id,
      run: run.success,
      judges,
      datasets,
      total: found.total_logs,
      before: [],
    })
  }
  return written
}

/** Reruns an evaluation on its datasets as they are now; a dataset deleted meanwhile is used as it was. */
export const rerunEvaluation = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  const continues = members.boolean("continue") ?? false
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const known = evaluationOf(context)
  if (known === undefined) return Result.fail(noEvaluation(context.route.item))
  const now = datasetsOf(context.document, context)
  const datasets = known.datasets.map((dataset) => now.find(({ id }) => id === dataset.id) ?? dataset)
  const ids = known.results.map((result) => result.evaluation_type_id)
  const judges = judgesOf(context.document, context).filter(({ id }) => ids.includes(id))
  const gone = known.results.find((one) =>
    one.judge !== undefined && !judges.some(({ id }) => id === one.evaluation_type_id)
  )
  if (gone !== undefined) {
    return Result.fail(adminConflict(`Its judge "${gone.judge?.name}" was deleted. Make an evaluation anew.`))
  }
  const run = newRun(context, judges, known, continues)
  if (Result.isFailure(run)) return Result.fail(run.failure)
  const before = continues && known.run !== undefined
    ? await context.judging.verdicts(context.route, known.run)
    : []
  const found = await evaluated(context, datasets, evaluators.filter(({ id }) => ids.includes(id)))
  const results = firstResults(found, judges, continues ? known.results : [])
  const written = await changed(context, "rerun", (one) => ({
    ...one,
    datasets,
    ...found,
    results,
    ...(run.success !== undefined && { run: run.success }),
  }))
  if (Result.isSuccess(written) && written.success.ok && run.success !== undefined) {
    const { id: evaluation } = known
    startRun(context, { evaluation, run: run.success, judges, datasets, total: found.total_logs, before })
  }
  return written
}
