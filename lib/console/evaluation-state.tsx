/**
 * The progress of an evaluation.
 *
 * @module
 */
import type { Evaluation } from "./evaluation-data.ts"
import { count } from "./format.ts"
import { Badge } from "./parts.tsx"

/** How many requests its judges have judged, and how many they will: samples may be smaller than the datasets. */
const progress = (
  { results, total_logs }: Evaluation,
): { readonly done: number; readonly all: number } => {
  const judges = results.flatMap(({ judge }) => judge ?? [])
  const done = judges.reduce(
    (sum, { judged, failed, skipped }) => sum + judged + failed + skipped.no_body + skipped.no_success,
    0,
  )
  return { done, all: judges.length * total_logs }
}

/** Its state in a word, with its progress while it runs. */
export const State = ({ evaluation }: { readonly evaluation: Evaluation }) => {
  const { processed, run } = evaluation
  if (!processed) {
    const { done, all } = progress(evaluation)
    return (
      <span class="progress">
        <Badge kind="left">running</Badge>{" "}
        <span class="note">
          {count(done)} of {count(all)}
        </span>
        <meter min={0} max={Math.max(1, all)} value={done} aria-label="Progress" />
      </span>
    )
  }
  if (run?.state === "stopped") {
    return (
      <>
        <Badge kind="bad">stopped</Badge> <span class="note">{run.reason}</span>
      </>
    )
  }
  return <Badge kind="good">done</Badge>
}
