/**
 * Evaluation types: the evaluators that every account has, and the judges that it has written.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { withItem, type WrittenDocument } from "../../settings-store/document.ts"
import type { WrittenJudge } from "../../settings-store/evaluation-document.ts"
import { envelope } from "../envelope.ts"
import { type Evaluator, evaluators } from "../evaluation/evaluators.ts"
import { placeholder } from "../evaluation/judge-prompt.ts"
import { listing, pageOf, showing, unlessChanged } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { openMembers } from "./body-members.ts"

/** The most judges of an account. */
const mostJudges = 50

/** The most placeholders in a prompt: each text is sent with each call. */
const mostPlaceholders = 8

/** When the list of evaluators was last changed. */
const listed = "2026-11-29T00:00:00.000Z"

/** The judges of the request's account. */
export const judgesOf = (
  { judges = [] }: WrittenDocument,
  { route: { account } }: Pick<WriteContext, "route">,
): ReadonlyArray<WrittenJudge> => judges.filter((judge) => judge.account === account)

/** An evaluator as shown. */
export const evaluatorJson = ({ id, name, description }: Evaluator) => ({
  id,
  name,
  type: id,
  description,
  enable: true,
  mandatory: false,
  created_at: listed,
  modified_at: listed,
})

/** A judge as shown. */
export const judgeJson = ({ account: _, version: __, created_at, modified_at, ...judge }: WrittenJudge) => ({
  ...judge,
  type: "judge",
  enable: true,
  mandatory: false,
  created_at,
  modified_at,
})

const typeJson = (type: Evaluator | WrittenJudge) => "prompt" in type ? judgeJson(type) : evaluatorJson(type)

/** Lists all types. */
export const listEvaluationTypes = (context: WriteContext): Result.Result<Response, GatewayError> => {
  let isDescending = false
  const all = [...evaluators, ...judgesOf(context.document, context)]
  return Result.map(
    pageOf<Evaluator | WrittenJudge>(context.search, all, (parameters) => {
      parameters.oneOf("order_by", ["name", "id", "created_at"])
      isDescending = parameters.oneOf("order_by_direction", ["asc", "desc"]) === "desc"
      return () => true
    }),
    (page) => listing({ ...page, items: isDescending ? page.items.toReversed() : page.items }, typeJson),
  )
}

const noJudge = (id: string): GatewayError =>
  adminNotFound(
    `This account has no evaluation type with the id ${id}. GET …/evaluation-types lists those it has.`,
  )

const judgeOf = (context: WriteContext, document = context.document): WrittenJudge | undefined =>
  judgesOf(document, context).find(({ id }) => id === context.route.item)

/** Shows a type. */
export const showEvaluationType = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const { item } = context.route
  const evaluator = evaluators.find(({ id }) => id === item)
  if (evaluator !== undefined) return Result.succeed(envelope(evaluatorJson(evaluator)))
  const judge = judgeOf(context)
  return judge === undefined ? Result.fail(noJudge(item)) : Result.succeed(showing(judgeJson(judge), judge))
}

type JudgePart = Omit<WrittenJudge, "id" | "version" | "created_at" | "modified_at" | "account">

const models = /^(?:baseten|custom-[a-z0-9-]{1,64}|custom|dynamic)\/\S{1,256}$/

/** Reads a judge from a body, which must be complete. */
const read = ({ body }: WriteContext): Result.Result<JudgePart, GatewayError> => {
  const members = openMembers(body)
  members.matching("type", /^judge$/, "judge: the others are there already")
  // Members that GET shows are accepted, so that a judge can be written back.
  for (const shown of ["id", "enable", "mandatory", "created_at", "modified_at"]) members.any(shown)
  members.require("name", "a name")
  const name = members.matching("name", /^\P{Cc}{1,100}$/u, "a name of 1 to 100 characters") ?? ""
  const description = members.text("description", 1000) ?? ""
  members.require("model", "a model of the gateway")
  const model = members.matching(
    "model",
    models,
    "a model as callers of the gateway name it: baseten/…, custom-{slug}/…, custom/{alias} or dynamic/{route}",
  ) ?? ""
  members.require("prompt", "the criteria, with {{answer}} in them")
  const prompt = members.text("prompt", 8192) ?? ""
  const placeholders = [...prompt.matchAll(placeholder)]
  const stands = new Set(placeholders.map(([, name]) => name))
  if (placeholders.length > mostPlaceholders) {
    members.refuse(`prompt: expected at most ${mostPlaceholders} of {{request}} and {{answer}}`)
  }
  if (prompt !== "" && !stands.has("answer")) {
    members.refuse("prompt: expected {{answer}} in it, in the place of an entry's answer")
  }
  const unknown = /\{\{\s*(?!(?:request|answer)\s*\}\})([^{}]{0,40})\}\}/.exec(prompt)
  if (unknown !== null) {
    members.refuse(`prompt: {{${unknown[1]}}} is unknown; use {{request}} and {{answer}}`)
  }
  const verdict = members.matching("verdict", /^(?:score|pass)$/, "score (from 0 to 1) or pass") ?? "score"
  const sample = members.integer("sample", 1, 1000) ?? 100
  const concurrency = members.integer("concurrency", 1, 16) ?? 4
  const timeout = members.integer("timeout", 1, 600) ?? 60
  const cost = members.any("max_cost")
  const max_cost = typeof cost === "number" && cost > 0 && cost <= 1_000_000 ? cost : null
  if (cost !== undefined && max_cost === null) {
    members.refuse("max_cost: expected US dollars, above 0 and up to 1000000, or null")
  }
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  return Result.succeed({
    name,
    description,
    model,
    prompt,
    verdict: verdict === "pass" ? "pass" : "score",
    sample,
    concurrency,
    timeout,
    max_cost,
  })
}

const placeOf = ({ route: { account }, author }: WriteContext) =>
  ({ kind: "evaluation_type", author, account, gateway: null }) as const

const withJudge = (
  document: WrittenDocument,
  id: string,
  judge: WrittenJudge | undefined,
): WrittenDocument => ({ ...document, judges: withItem(document.judges ?? [], id, judge) })

/** Creates a judge. */
export const createEvaluationType = async (context: WriteContext): Handled => {
  const part = read(context)
  if (Result.isFailure(part)) return Result.fail(part.failure)
  const { account } = context.route
  const id = crypto.randomUUID()
  return await context.written.change({
    ...placeOf(context),
    edit: ({ document, version, now }) => {
      if (judgesOf(document, context).length >= mostJudges) {
        return Result.fail(adminConflict(`An account has at most ${mostJudges} judges. Delete one first.`))
      }
      const judge = { id, account, version, created_at: now, modified_at: now, ...part.success }
      const after = judgeJson(judge)
      return Result.succeed({
        document: withJudge(document, id, judge),
        action: "create",
        id,
        before: null,
        after,
        answer: () => showing(after, judge),
      })
    },
  })
}

/** Replaces a judge (PUT), or deletes it; its results stay in evaluations. */
export const changeEvaluationType = async (context: WriteContext): Handled => {
  const isDelete = context.method === "DELETE"
  const { item: id } = context.route
  if (evaluators.some((evaluator) => evaluator.id === id)) {
    return Result.fail(
      adminConflict(`The evaluator ${id} is built into the gateway. Only judges can be changed.`),
    )
  }
  const part = isDelete ? Result.succeed({}) : read(context)
  if (Result.isFailure(part)) return Result.fail(part.failure)
  return await context.written.change({
    ...placeOf(context),
    edit: ({ document, version, now }) => {
      const before = judgeOf(context, document)
      if (before === undefined) return Result.fail(noJudge(id))
      const shown = judgeJson(before)
      const changed = unlessChanged(context.ifMatch, before, () => shown)
      if (changed !== undefined) return Result.succeed(changed)
      const judge = isDelete ? undefined : { ...before, ...part.success, version, modified_at: now }
      const after = judge === undefined ? null : judgeJson(judge)
      return Result.succeed({
        document: withJudge(document, id, judge),
        action: isDelete ? "delete" : "update",
        id,
        before: shown,
        after,
        answer: () => judge === undefined ? envelope(shown) : showing(after, judge),
      })
    },
  })
}
