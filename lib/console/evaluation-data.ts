/**
 * Evaluations, datasets and judges in the management API, and their figures in words.
 *
 * @module
 */
import type { ReasonedVerdict } from "../admin/evaluation/show-verdicts.ts"
import type { datasetJson } from "../admin/written/datasets.ts"
import type { evaluationJson } from "../admin/written/evaluation-json.ts"
import type { evaluatorJson, judgeJson } from "../admin/written/evaluation-types.ts"
import { accountPath, get, getPage } from "./api.ts"
import { money, share, time, unknown } from "./format.ts"

export type Evaluation = ReturnType<typeof evaluationJson>
export type Result = Evaluation["results"][number]
export type Dataset = ReturnType<typeof datasetJson>
export type Judge = ReturnType<typeof judgeJson>
export type EvaluationType = ReturnType<typeof evaluatorJson> | Judge
export type ListedVerdict = ReasonedVerdict

/** Whether an evaluation type is a judge. */
export const isJudge = (type: EvaluationType): type is Judge => "prompt" in type

/** All evaluation types. */
export const loadTypes = (account: string, signal: AbortSignal): Promise<ReadonlyArray<EvaluationType>> =>
  get(`${accountPath(account)}/evaluation-types`, { per_page: 100 }, signal)

/** All datasets of a gateway, of which there are few. */
export const loadDatasets = (path: string, signal: AbortSignal): Promise<ReadonlyArray<Dataset>> =>
  get(`${path}/datasets`, { per_page: 100 }, signal)

/** All evaluations of a gateway, the newest first. */
export const loadEvaluations = async (
  path: string,
  signal: AbortSignal,
): Promise<ReadonlyArray<Evaluation>> => {
  const { result } = await getPage<ReadonlyArray<Evaluation>>(
    `${path}/evaluations`,
    { per_page: 100 },
    signal,
  )
  return result.toSorted((one, other) => other.created_at.localeCompare(one.created_at))
}

const isShare = (id: string): boolean => ["feedback", "error_share", "cache_share"].includes(id)

/** Whether a smaller result is better. */
export const isLessBetter = (id: string): boolean =>
  id === "cost" || id === "speed" || id === "error_share" || id.startsWith("duration_") ||
  id.startsWith("first_token_")

/** A verdict as text: a score from 0 to 1, or whether the answer passes. */
export const verdictText = (value: number | null, form: "score" | "pass" | undefined): string =>
  value === null ? unknown : form === "pass" ? value === 1 ? "pass" : "fail" : value.toFixed(2)

/** A figure of one evaluator as text. */
export const figure = ({ evaluation_type_id: id, judge }: Result, value: number | null): string => {
  if (value === null) return unknown
  if (judge !== undefined) return judge.verdict === "pass" ? share(value, 100) : value.toFixed(2)
  return isShare(id) ? share(value, 100) : id === "cost" ? money(value) : time(value)
}

/** The number of a result; `null` if there is none. */
export const numberOf = ({ result }: Result): number | null => result === "" ? null : Number(result)

/** The name of an evaluator; for a deleted judge, the name at the time of judging. */
export const nameOf = (
  { evaluation_type_id: id, judge }: Result,
  types: ReadonlyArray<EvaluationType>,
): string => judge?.name ?? types.find((type) => type.id === id)?.name ?? id

const problems: Readonly<Record<string, string>> = {
  unreadable: "no verdict in its answer",
  no_answer: "no answer",
  cut_off: "ended before its verdict",
  out_of_range: "score not from 0 to 1",
  timeout: "took too long",
  stopped: "was cut",
}

/** Why there is no verdict. */
export const whyNoVerdict = (problem: string): string =>
  problems[problem] ?? problem.replace(/^status /, "answered ")
