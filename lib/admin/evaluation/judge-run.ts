/**
 * One run of an evaluation's judges: their calls, some at a time, until all entries are judged or something stops it.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type { LogEntry } from "../../request-log/entry.ts"
import { isSuccess } from "../../request-log/filterable-fields.ts"
import type { RequestLog } from "../../request-log/RequestLog.ts"
import type {
  EvaluationResult,
  EvaluationRun,
  WrittenDataset,
  WrittenJudge,
} from "../../settings-store/evaluation-document.ts"
import type { DatasetEntries } from "./dataset-entries.ts"
import { type Calling, callJudge } from "./judge-call.ts"
import { JudgeTally } from "./judge-counts.ts"
import { judgedOf } from "./judge-prompt.ts"
import type { EntryVerdict } from "./verdicts.ts"

/** The task of a run. */
export interface JudgeTask {
  readonly account: string
  readonly gateway: string
  readonly evaluation: string
  readonly run: EvaluationRun
  readonly judges: ReadonlyArray<WrittenJudge>
  readonly datasets: ReadonlyArray<WrittenDataset>
  /** How many entries the datasets have. */
  readonly total: number
  /** Earlier verdicts, if the run is continued. */
  readonly before: ReadonlyArray<EntryVerdict>
}

/** The environment of a run. */
export interface JudgeTools {
  readonly log: RequestLog["Service"]
  readonly entries: DatasetEntries
  readonly calling: Omit<Calling, "account" | "gateway" | "signal">
  readonly run: <A>(effect: Effect.Effect<A>) => Promise<A>
  readonly wall: () => number
  /** Whether this is still the evaluation's run. */
  readonly isWanted: () => boolean
}

/** The most entries that a judge searches for stored bodies. */
const mostLooks = 5_000

/** This many consecutive failures end a run: the next calls would fail as well. */
const mostFailures = 10

/** How often a call with `Retry-After` is retried, and the longest wait, in seconds. */
const [mostRepeats, longestWait] = [5, 60]

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true })
  })

/** A running run. */
export class JudgeRun {
  readonly task: JudgeTask
  readonly #tools: JudgeTools
  readonly #tallies: ReadonlyArray<readonly [WrittenJudge, JudgeTally]>
  readonly #abort = new AbortController()
  #reason: string | null = null

  constructor(task: JudgeTask, tools: JudgeTools) {
    this.task = task
    this.#tools = tools
    this.#tallies = task.judges.map((judge) => {
      const tally = new JudgeTally(judge)
      for (const { entry, evaluation_type_id, verdict, cost } of task.before) {
        if (evaluation_type_id !== judge.id) continue
        tally.paid(cost)
        if (verdict !== null) tally.note(entry, verdict)
      }
      return [judge, tally] as const
    })
  }

  /** Why it was stopped; `null` if it was not. */
  get reason(): string | null {
    return this.#reason
  }
  /** Ends the run and aborts its calls. The first reason counts. */
  stop(reason: string): void {
    this.#reason ??= reason
    this.#abort.abort()
  }
  results(description?: string): ReadonlyArray<EvaluationResult> {
    return this.#tallies.map(([judge, tally]) =>
      tally.result(this.task.total, description ?? this.#said(judge, tally))
    )
  }

  /** Resolves once everything is judged, or the run was stopped. */
  async done(): Promise<void> {
    const { wall } = this.#tools
    const timer = setTimeout(
      () => this.stop("its time was up"),
      Math.max(0, Math.min(this.task.run.until - wall(), 2_147_483_647)),
    )
    try {
      for (const [judge, tally] of this.#tallies) {
        if (!this.#abort.signal.aborted) await this.#judgeAll(judge, tally)
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #said(judge: WrittenJudge, tally: JudgeTally): string {
    const { judged, left } = tally.counts(this.task.total)
    if (this.#reason !== null) return `Stopped: ${this.#reason}.`
    if (judge.max_cost !== null && tally.spent >= judge.max_cost && left > 0) {
      return `Stopped: it has cost ${judge.max_cost} US dollars.`
    }
    if (judged === 0) return "No request has a verdict."
    return left > 0 ? `Completed: the newest ${tally.asked} of ${this.task.total}.` : "Completed."
  }

  async #judgeAll(judge: WrittenJudge, tally: JudgeTally): Promise<void> {
    const entries = this.#entries()
    const state = { isPlain: false, failures: 0, isOver: false, started: tally.asked }
    const work = async (): Promise<void> => {
      while (!this.#abort.signal.aborted && !state.isOver) {
        if (judge.max_cost !== null && tally.spent >= judge.max_cost) return
        // Each worker takes an entry before it waits for anything, so that no more than the sample are judged.
        if (state.started >= judge.sample) return
        const { value: entry, done } = await entries.next()
        if (done === true || state.isOver) return
        if (!this.#tools.isWanted()) return this.stop("it was cancelled")
        await this.#judgeOne(judge, tally, entry, state)
      }
    }
    await Promise.all(Array.from({ length: judge.concurrency }, work))
    await entries.return()
    if (state.failures >= mostFailures) {
      this.stop(`${mostFailures} calls of the judge failed one after the other`)
    }
  }

  async #judgeOne(
    judge: WrittenJudge,
    tally: JudgeTally,
    entry: LogEntry,
    state: { isPlain: boolean; failures: number; isOver: boolean; started: number },
  ): Promise<void> {
    const { log, run } = this.#tools
    const { account, gateway, evaluation, run: { id } } = this.task
    if (tally.has(entry.request_id)) return
    if (!isSuccess(entry)) return tally.skip("no_success")
    const scope = { account, gateway }
    const request = await run(log.payload(scope, entry.request_id, "request"))
    const answer = request && await run(log.payload(scope, entry.request_id, "response"))
    if (request?.complete !== true || answer?.complete !== true) return tally.skip("no_body")
    if (state.started >= judge.sample || this.#abort.signal.aborted) return
    state.started++
    const judged = judgedOf(request.text, answer.text)
    const judgedFor = { evaluation, run: id, judge: judge.id, entry: entry.request_id }
    const calling = { ...this.#tools.calling, account, gateway, signal: this.#abort.signal }
    for (let repeat = 0;; repeat++) {
      const isPlain = state.isPlain
      const outcome = await callJudge(calling, judge, judged, judgedFor, isPlain)
      tally.paid(outcome.cost)
      // From then on, a model that does not accept `response_format` gets only the prompt.
      if (!isPlain && (outcome.status === 400 || outcome.status === 422) && !this.#abort.signal.aborted) {
        state.isPlain = true
        continue
      }
      const { retryAfter } = outcome
      if (
        outcome.status === 429 && retryAfter !== undefined && retryAfter <= longestWait &&
        repeat < mostRepeats
      ) {
        await pause(1000 * retryAfter, this.#abort.signal)
        if (!this.#abort.signal.aborted) continue
      }
      // A call that is cut because the run ends is not the judge's failure.
      if (outcome.verdict === "stopped") return
      tally.note(entry.request_id, outcome.verdict)
      state.failures = typeof outcome.verdict === "number" ? 0 : state.failures + 1
      state.isOver ||= state.failures >= mostFailures
      return
    }
  }

  /** The entries of all datasets, each once. */
  async *#entries(): AsyncGenerator<LogEntry, void, void> {
    const { datasets, account, gateway } = this.task
    const seen = new Set<string>()
    for (const { filters } of datasets) {
      for await (const some of this.#tools.entries({ account, gateway }, filters)) {
        for (const entry of some) {
          if (seen.size >= mostLooks) return
          if (seen.has(entry.request_id)) continue
          seen.add(entry.request_id)
          yield entry
        }
      }
    }
  }
}
