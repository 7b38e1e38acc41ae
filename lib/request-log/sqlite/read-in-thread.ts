/**
 * Lets a reading thread answer queries of the log's file, if there is one.
 *
 * @module
 */
import type { Waiting } from "./file-log-shape.ts"
import type { AnswerQuestion, LogAnswer, LogQuestion, ReadingThread } from "./questions.ts"

/** Answers in the thread, so that other work does not wait; without a thread, or if it fails, here in steps. */
export const readInThread = (thread: ReadingThread | undefined) =>
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
