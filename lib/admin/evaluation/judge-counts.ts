/**
 * Counts the outcomes of a judge's entries.
 *
 * @module
 */
import type { EvaluationResult, JudgeCounts, WrittenJudge } from "../../settings-store/evaluation-document.ts"

/** Why an entry cannot be judged. */
export type Skip = keyof JudgeCounts["skipped"]

/** The counts of one judge in one run. */
export class JudgeTally {
  readonly #judge: WrittenJudge
  readonly #verdicts = new Map<string, number>()
  readonly #failures = new Map<string, string>()
  readonly #skipped = { no_body: 0, no_success: 0 }
  #cost = 0
  #priced = 0
  #unpriced = 0

  constructor(judge: WrittenJudge) {
    this.#judge = judge
  }

  /** Whether an entry has a verdict already. */
  has(entry: string): boolean {
    return this.#verdicts.has(entry)
  }
  /** The number of entries for which calls were made. */
  get asked(): number {
    return this.#verdicts.size + this.#failures.size
  }
  /** The known cost so far, in US dollars. */
  get spent(): number {
    return this.#cost
  }
  skip(why: Skip): void {
    this.#skipped[why]++
  }
  paid(cost: number | null): void {
    if (cost === null) this.#unpriced++
    else {
      this.#priced++
      this.#cost += cost
    }
  }
  /**
   * Records the outcome of an entry. If there are several calls about it, a verdict counts, otherwise the last
   * problem.
   */
  note(entry: string, verdict: number | string): void {
    if (typeof verdict === "number") {
      this.#verdicts.set(entry, verdict)
      this.#failures.delete(entry)
    } else if (!this.#verdicts.has(entry)) this.#failures.set(entry, verdict)
  }

  /** @param total the number of entries in the datasets */
  counts(total: number): JudgeCounts {
    const { name, model, verdict } = this.#judge
    const failures: Record<string, number> = {}
    for (const problem of this.#failures.values()) failures[problem] = (failures[problem] ?? 0) + 1
    const { no_body, no_success } = this.#skipped
    return {
      name,
      model,
      verdict,
      judged: this.#verdicts.size,
      failed: this.#failures.size,
      failures,
      skipped: { no_body, no_success },
      left: Math.max(0, total - this.asked - no_body - no_success),
      cost: this.#priced === 0 ? null : Number(this.#cost.toFixed(9)),
      unpriced: this.#unpriced,
    }
  }

  /** The result for the evaluation: the average score, or the percentage that passes. */
  result(total: number, description: string): EvaluationResult {
    const verdicts = [...this.#verdicts.values()]
    const average = verdicts.reduce((sum, verdict) => sum + verdict, 0) / verdicts.length
    const shown = this.#judge.verdict === "pass" ? 100 * average : average
    return {
      id: crypto.randomUUID(),
      evaluation_type_id: this.#judge.id,
      result: verdicts.length === 0 ? "" : String(Number(shown.toFixed(9))),
      status_description: description,
      total_logs: verdicts.length,
      judge: this.counts(total),
    }
  }
}
