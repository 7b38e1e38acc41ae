/**
 * Has questions answered in a thread beside, if there is one.
 *
 * @module
 */
import type { Waiting } from "./file-log-shape.ts"
import type { AnswerQuestion, LogAnswer, LogQuestion, ReadingThread } from "./questions.ts"

/** In the thread, which others wait for no longer than for any other answer; else here, in steps. */
export const readBeside = (thread: ReadingThread | undefined) =>
  function* <Asked extends LogQuestion>(here: AnswerQuestion, question: Asked): Waiting<LogAnswer<Asked>> {
    let found: { readonly value: LogAnswer<Asked> } | undefined
    let giveUp = (): void => {}
    try {
      if (thread !== undefined) {
        yield new Promise<void>((resolve) => {
          giveUp = thread.ask(question, (value) => {
            found = value
            resolve()
          })
        })
      }
    } finally {
      giveUp()
    }
    return found === undefined ? yield* here(question) : found.value
  }
