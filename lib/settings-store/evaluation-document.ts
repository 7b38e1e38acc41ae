/**
 * Evaluations in the written document: datasets, judges and results.
 *
 * @module
 */
import type { LogFilter } from "../request-log/query.ts"
import type { Written } from "./document.ts"

/** Filters that select entries of a gateway's log to evaluate. */
export interface WrittenDataset extends Written {
  readonly account: string
  readonly gateway: string
  readonly name: string
  readonly enable: boolean
  readonly filters: ReadonlyArray<LogFilter>
}

/** The results for some datasets at some time. */
export interface WrittenEvaluation extends Written {
  readonly account: string
  readonly gateway: string
  readonly name: string
  /** As they were then. */
  readonly datasets: ReadonlyArray<WrittenDataset>
  readonly results: ReadonlyArray<EvaluationResult>
  readonly total_logs: number
  /** The progress of its judges; absent if it has none. */
  readonly run?: EvaluationRun
}

/** One run of an evaluation's judges. */
export interface EvaluationRun {
  readonly id: string
  readonly started_at: string
  /** When it ends at the latest, in milliseconds since 1970. If it has not ended by then, it was aborted. */
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
  /** With the placeholders `{{request}}` and `{{answer}}` for those of an entry. */
  readonly prompt: string
  /** A score from 0 to 1, or whether the answer passes. */
  readonly verdict: "score" | "pass"
  /** How many entries of a run it judges at most. */
  readonly sample: number
  /** How many entries it judges at once. */
  readonly concurrency: number
  /** The time limit of a call, in seconds. */
  readonly timeout: number
  /** The most that a run may cost, in US dollars; `null` for no limit. */
  readonly max_cost: number | null
}

/** What one evaluator found. */
export interface EvaluationResult {
  readonly id: string
  readonly evaluation_type_id: string
  /** A number as text; empty if no entry could be evaluated. */
  readonly result: string
  readonly status_description: string
  /** The number of entries that could be evaluated. */
  readonly total_logs: number
  readonly judge?: JudgeCounts
}

/** How many entries a judge judged, and why it did not judge others. */
export interface JudgeCounts {
  /** The judge as it was then. */
  readonly name: string
  readonly model: string
  readonly verdict: WrittenJudge["verdict"]
  /** Entries with a verdict. */
  readonly judged: number
  /** Entries whose call failed, or gave no verdict. */
  readonly failed: number
  /** The number of failures by reason. */
  readonly failures: Readonly<Record<string, number>>
  /** Entries that cannot be judged, because their bodies were not stored in full or the request did not succeed. */
  readonly skipped: { readonly no_body: number; readonly no_success: number }
  /** Entries that were not reached, because they are beyond the sample or the run was stopped. */
  readonly left: number
  /** In US dollars; `null` if unknown. */
  readonly cost: number | null
  /** Calls whose cost is unknown. */
  readonly unpriced: number
}
