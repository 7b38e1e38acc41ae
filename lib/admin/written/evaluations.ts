/**
 * Evaluations: the results of evaluators for datasets at the time of the run. A rerun keeps the id.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { withItem, type WrittenDocument } from "../../settings-store/document.ts"
import type { WrittenEvaluation } from "../../settings-store/evaluation-document.ts"
import { envelope } from "../envelope.ts"
import { listing, pageOf, showing, unlessChanged } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { evaluationJson } from "./evaluation-json.ts"

/** The evaluations of the request's gateway. */
export const evaluationsOf = (
  { evaluations = [] }: WrittenDocument,
  { route: { account, gateway } }: Pick<WriteContext, "route">,
): ReadonlyArray<WrittenEvaluation> =>
  evaluations.filter((one) => one.account === account && one.gateway === gateway)

/** The error for an unknown evaluation. */
export const noEvaluation = (id: string): GatewayError =>
  adminNotFound(`This gateway has no evaluation with the id ${id}. GET …/evaluations lists those it has.`)

/** An evaluation as shown, with the results so far. */
const shown = (context: WriteContext) => (evaluation: WrittenEvaluation) =>
  evaluationJson(evaluation, Date.now(), evaluation.run && context.judging.results(evaluation.run.id))

/** Lists the evaluations. */
export const listEvaluations = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const show = shown(context)
  return Result.map(
    pageOf(context.search, evaluationsOf(context.document, context), (parameters) => {
      const search = (parameters.text("search", 200) ?? "").toLowerCase()
      const name = parameters.text("name", 100)
      const processed = parameters.boolean("processed")
      return (one) =>
        (processed === undefined || show(one).processed === processed) &&
        (name === undefined || one.name === name) &&
        [one.id, one.name].some((text) => text.toLowerCase().includes(search))
    }),
    (page) => listing(page, show),
  )
}

/** The evaluation in the request's path. */
export const evaluationOf = (
  context: WriteContext,
  document = context.document,
): WrittenEvaluation | undefined =>
  evaluationsOf(document, context).find(({ id }) => id === context.route.item)

/** Shows an evaluation. */
export const showEvaluation = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const evaluation = evaluationOf(context)
  return evaluation === undefined
    ? Result.fail(noEvaluation(context.route.item))
    : Result.succeed(showing(shown(context)(evaluation), evaluation))
}

/** The author and the place of a change. */
export const evaluationChange = ({ route: { account, gateway }, author }: WriteContext) =>
  ({ kind: "evaluation", author, account, gateway }) as const

/** The document with an evaluation replaced, added or removed (`undefined`). */
export const withEvaluation = (
  document: WrittenDocument,
  id: string,
  evaluation: WrittenEvaluation | undefined,
): WrittenDocument => ({ ...document, evaluations: withItem(document.evaluations ?? [], id, evaluation) })

/** Deletes an evaluation; further results of its judges are discarded. */
export const deleteEvaluation = (context: WriteContext): Handled =>
  changed(context, "delete", () => undefined)

/** Cancels the judges' run; their results so far are kept. */
export const cancelEvaluation = async (context: WriteContext): Handled => {
  const known = evaluationOf(context)
  if (known === undefined) return Result.fail(noEvaluation(context.route.item))
  if (known.run?.state !== "running") {
    return Result.fail(adminConflict("The evaluation's judges are not running: there is nothing to cancel."))
  }
  const { id } = known.run
  const cancelled = await changed(context, "cancel", (before) => ({
    ...before,
    ...(before.run?.id === id && { run: { ...before.run, state: "stopped", reason: "it was cancelled" } }),
  }))
  if (Result.isSuccess(cancelled) && cancelled.success.ok) context.judging.stop(id, "it was cancelled")
  return cancelled
}

/** Changes the evaluation in the request's path; `undefined` removes it. */
export const changed = (
  context: WriteContext,
  action: "cancel" | "rerun" | "delete",
  change: (before: WrittenEvaluation) => WrittenEvaluation | undefined,
): Handled =>
  context.written.change({
    ...evaluationChange(context),
    edit: ({ document, version, now }) => {
      const { item: id } = context.route
      const before = evaluationOf(context, document)
      if (before === undefined) return Result.fail(noEvaluation(id))
      const last = shown(context)(before)
      const conflict = unlessChanged(context.ifMatch, before, () => last)
      if (conflict !== undefined) return Result.succeed(conflict)
      const made = change(before)
      const evaluation = made && { ...made, version, modified_at: now }
      const after = evaluation === undefined ? null : evaluationJson(evaluation, Date.now())
      return Result.succeed({
        document: withEvaluation(document, id, evaluation),
        action,
        id,
        before: last,
        after,
        answer: () => evaluation === undefined ? envelope(last) : showing(after, evaluation),
      })
    },
  })
