/**
 * Evaluations: what evaluators find in datasets, at the moment they are asked. Running one again keeps its id.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import {
  withItem,
  type WrittenDataset,
  type WrittenDocument,
  type WrittenEvaluation,
} from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { evaluationBy, type Evaluator, evaluators } from "../evaluation/evaluators.ts"
import { listing, pageOf, showing, unlessChanged } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { datasetJson, datasetsOf } from "./datasets.ts"
import { openMembers } from "./members.ts"

/** How many a gateway keeps at most: each is a part of the document that every change writes. */
const mostEvaluations = 100

const evaluationsOf = (
  { evaluations = [] }: WrittenDocument,
  { route: { account, gateway } }: Pick<WriteContext, "route">,
): ReadonlyArray<WrittenEvaluation> =>
  evaluations.filter((one) => one.account === account && one.gateway === gateway)

/** An evaluation as Cloudflare shows it. */
const evaluationJson = (
  { id, gateway, name, datasets, results, total_logs, created_at, modified_at }: WrittenEvaluation,
) => ({
  id,
  gateway_id: gateway,
  name,
  processed: true,
  total_logs,
  datasets: datasets.map(datasetJson),
  results: results.map((result) => ({
    ...result,
    evaluation_id: id,
    // What is done has ended; Cloudflare counts its states from 0.
    status: 1,
    created_at: modified_at,
    modified_at,
  })),
  created_at,
  modified_at,
})

const noEvaluation = (id: string): GatewayError =>
  adminNotFound(`This gateway has no evaluation with the id ${id}. GET …/evaluations lists those it has.`)

/** Looks at every entry of the datasets, once even if it belongs to several of them. */
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

/** Those of `known` that a list of ids names, or which of them is not there. */
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

/** Lists them. */
export const listEvaluations = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.map(
    pageOf(context.search, evaluationsOf(context.document, context), (parameters) => {
      const search = (parameters.text("search", 200) ?? "").toLowerCase()
      const name = parameters.text("name", 100)
      // They are run as they are made.
      const processed = parameters.boolean("processed") ?? true
      return (one) =>
        processed && (name === undefined || one.name === name) &&
        [one.id, one.name].some((text) => text.toLowerCase().includes(search))
    }),
    (page) => listing(page, evaluationJson),
  )

const evaluationOf = (context: WriteContext, document = context.document): WrittenEvaluation | undefined =>
  evaluationsOf(document, context).find(({ id }) => id === context.route.item)

/** Shows one. */
export const showEvaluation = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const evaluation = evaluationOf(context)
  return evaluation === undefined
    ? Result.fail(noEvaluation(context.route.item))
    : Result.succeed(showing(evaluationJson(evaluation), evaluation))
}

const placeOf = ({ route: { account, gateway }, author }: WriteContext) =>
  ({ kind: "evaluation", author, account, gateway }) as const

/** The document with an evaluation replaced, added or taken out (`undefined`). */
const withEvaluation = (
  document: WrittenDocument,
  id: string,
  evaluation: WrittenEvaluation | undefined,
): WrittenDocument => ({ ...document, evaluations: withItem(document.evaluations ?? [], id, evaluation) })

/** Makes one, and runs it. */
export const createEvaluation = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("name", "a name")
  const name = members.matching("name", /^\P{Cc}{1,100}$/u, "a name of 1 to 100 characters") ?? ""
  members.require("dataset_ids", "a list of datasets' ids")
  members.require("evaluation_type_ids", "a list of evaluators' ids")
  const datasets = named(members.list("dataset_ids") ?? [], datasetsOf(context.document, context))
  const chosen = named(members.list("evaluation_type_ids") ?? [], evaluators)
  if (typeof datasets === "string") members.refuse(`dataset_ids: ${datasets}`)
  if (typeof chosen === "string") {
    members.refuse(`evaluation_type_ids: ${chosen}; known are: ${evaluators.map(({ id }) => id).join(", ")}`)
  }
  const problem = members.problem()
  if (problem !== undefined || typeof datasets === "string" || typeof chosen === "string") {
    return Result.fail(problem ?? adminBadRequest("The body cannot be read."))
  }
  const { account, gateway } = context.route
  const found = await evaluated(context, datasets, chosen)
  const id = crypto.randomUUID()
  return await context.written.change({
    ...placeOf(context),
    edit: ({ document, version, now }) => {
      if (evaluationsOf(document, context).length >= mostEvaluations) {
        return Result.fail(
          adminConflict(`A gateway keeps at most ${mostEvaluations} evaluations. Delete one first.`),
        )
      }
      const evaluation = {
        id,
        account,
        gateway,
        name,
        datasets,
        ...found,
        version,
        created_at: now,
        modified_at: now,
      }
      const after = evaluationJson(evaluation)
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
}

/** Runs one again, on its datasets as they are now; one that was deleted meanwhile stays as it was. */
export const rerunEvaluation = async (context: WriteContext): Handled => {
  const known = evaluationOf(context)
  if (known === undefined) return Result.fail(noEvaluation(context.route.item))
  const now = datasetsOf(context.document, context)
  const datasets = known.datasets.map((dataset) => now.find(({ id }) => id === dataset.id) ?? dataset)
  const ids = known.results.map((result) => result.evaluation_type_id)
  const found = await evaluated(context, datasets, evaluators.filter(({ id }) => ids.includes(id)))
  return await changed(context, "rerun", (before) => ({ ...before, datasets, ...found }))
}

/** Deletes one. */
export const deleteEvaluation = (context: WriteContext): Handled =>
  changed(context, "delete", () => undefined)

const changed = (
  context: WriteContext,
  action: "rerun" | "delete",
  change: (before: WrittenEvaluation) => WrittenEvaluation | undefined,
): Handled =>
  context.written.change({
    ...placeOf(context),
    edit: ({ document, version, now }) => {
      const { item: id } = context.route
      const before = evaluationOf(context, document)
      if (before === undefined) return Result.fail(noEvaluation(id))
      const shown = evaluationJson(before)
      const conflict = unlessChanged(context.ifMatch, before, () => shown)
      if (conflict !== undefined) return Result.succeed(conflict)
      const made = change(before)
      const evaluation = made && { ...made, version, modified_at: now }
      const after = evaluation === undefined ? null : evaluationJson(evaluation)
      return Result.succeed({
        document: withEvaluation(document, id, evaluation),
        action,
        id,
        before: shown,
        after,
        answer: () => evaluation === undefined ? envelope(shown) : showing(after, evaluation),
      })
    },
  })

/** When the list of evaluators was last changed. */
const listed = "2026-11-28T00:00:00.000Z"

/** Lists the evaluators. */
export const listEvaluationTypes = ({ search }: WriteContext): Result.Result<Response, GatewayError> => {
  let isDescending = false
  return Result.map(
    pageOf(search, evaluators, (parameters) => {
      parameters.oneOf("order_by", ["name", "id", "created_at"])
      isDescending = parameters.oneOf("order_by_direction", ["asc", "desc"]) === "desc"
      return () => true
    }),
    (page) =>
      listing(
        { ...page, items: isDescending ? page.items.toReversed() : page.items },
        ({ id, name, description }) => ({
          id,
          type: id,
          name,
          description,
          enable: true,
          mandatory: false,
          created_at: listed,
          modified_at: listed,
        }),
      ),
  )
}
