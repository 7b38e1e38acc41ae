/**
 * Evaluations in the document of what is written: datasets, judges, and what they found.
 *
 * @module
 */
import type { LogFilter } from "../request-log/query.ts"
import type { Written } from "./document.ts"

/** Entries of a gateway's log, by filters: what evaluations look at. */
export interface WrittenDataset extends Written {
  readonly account: string
  readonly gateway: string
  readonly name: string
  readonly enable: boolean
  readonly filters: ReadonlyArray<LogFilter>
}

/** What was found in datasets at some time. */
export interface WrittenEvaluation extends Written {
  readonly account: string
  readonly gateway: string
  readonly name: string
  /** As they were then. */
  readonly datasets: ReadonlyArray<WrittenDataset>
  readonly results: ReadonlyArray<EvaluationResult>
  readonly total_logs: number
  /** How far its judges are; absent if it has none. */
  readonly run?: EvaluationRun
}

/** One run of an evaluation's judges. */
export interface EvaluationRun {
  readonly id: string
  readonly started_at: string
  /** When it ends at the latest, in milliseconds since 1970: one that nobody carries on by then has broken off. */
  readonly until: number
  readonly state: "running" | "done" | "stopped"
  /** Why it was stopped, as a sentence. */
  readonly reason: string | null
}

/** A model that judges answers. */
export interface WrittenJudge extends Written {
  readonly account: string
  readonly name: string
  readonly description: string
  /** As callers of the gateway name models: `baseten/…`, `custom-{slug}/…`, `custom/{alias}`, `dynamic/{route}`. */
  readonly model: string
  /** With `{{request}}` and `{{answer}}`, which stand for an entry's. */
  readonly prompt: string
  /** A number from 0 to 1, or whether the answer passes. */
  readonly verdict: "score" | "pass"
  /** How many entries of a run it judges at most. */
  readonly sample: number
  /** How many at once. */
  readonly concurrency: number
  /** How long a call may take, in seconds. */
  readonly timeout: number
  /** What a run may cost, in US dollars; `null` for no such limit. */
  readonly max_cost: number | null
}

/** What one evaluator found. */
export interface EvaluationResult {
  readonly id: string
  readonly evaluation_type_id: string
  /** A number as text; empty if no entry has what it needs. */
  readonly result: string
  readonly status_description: string
  /** The entries that it could look at. */
  readonly total_logs: number
  readonly judge?: JudgeCounts
}

/** What became of a judge's entries. */
export interface JudgeCounts {
  /** The judge as it was then. */
  readonly name: string
  readonly model: string
  readonly verdict: WrittenJudge["verdict"]
  /** Entries with a verdict. */
  readonly judged: number
  /** Entries whose call failed, or gave no verdict. */
  readonly failed: number
  /** How many of those for which reason. */
  readonly failures: Readonly<Record<string, number>>
  /** Entries that cannot be judged: they have no bodies that were kept whole, or did not succeed. */
  readonly skipped: { readonly no_body: number; readonly no_success: number }
  /** Entries that were not looked at: beyond the sample, or since the run was stopped. */
  readonly left: number
  /** In US dollars; `null` if nothing is known of it. */
  readonly cost: number | null
  /** Calls whose cost is not known. */
  readonly unpriced: number
}
