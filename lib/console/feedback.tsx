/**
 * Feedback on an answer.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { patch } from "./api.ts"
import { Problem } from "./parts.tsx"
import type { EntryDetail } from "./types.ts"

/** Thumbs up and down; pressing the same one again removes it. */
export const FeedbackButtons = ({ entry, path, onDone }: {
  readonly entry: EntryDetail
  readonly path: string
  readonly onDone: () => void
}) => {
  const [problem, setProblem] = useState<unknown>(undefined)
  const give = (feedback: -1 | 1): void => {
    patch(path, { feedback: entry.feedback === feedback ? null : feedback }).then(() => {
      setProblem(undefined)
      onDone()
    }, setProblem)
  }
  return (
    <div class="row" role="group" aria-label="Feedback">
      <button type="button" class="quiet" aria-pressed={entry.feedback === 1} onClick={() => give(1)}>
        👍 Good
      </button>
      <button type="button" class="quiet" aria-pressed={entry.feedback === -1} onClick={() => give(-1)}>
        👎 Bad
      </button>
      {problem !== undefined && <Problem error={problem} />}
    </div>
  )
}
