/**
 * The queries of the log's file that read many entries, and that a separate thread may therefore answer.
 *
 * @module
 */
import type { Database, OpenDatabase } from "../../sqlite/database.ts"
import type { LogCursor, LogPage, LogQuery, LogStretch, TimeSelection } from "../query.ts"
import type { AnalyticsDivision, AnalyticsRow, AnalyticsSelection } from "../analytics-query.ts"
import { analyticsReader } from "./analytics-reader.ts"
import type { Shown } from "./entry-cells.ts"
import { makeReader } from "./reader.ts"
import type { Resumable } from "./resumable.ts"

/** A query. `since` is the time from which entries are shown. Can be sent to another thread. */
export type LogQuestion =
  | { readonly kind: "list"; readonly query: LogQuery; readonly since: number }
  | {
    readonly kind: "stretch"
    readonly selection: TimeSelection
    readonly after: LogCursor | undefined
    readonly limit: number
    readonly since: number
  }
  | {
    readonly kind: "divided"
    readonly selection: AnalyticsSelection
    readonly divisions: ReadonlyArray<AnalyticsDivision>
    readonly gateways: ReadonlyArray<Shown>
    readonly now: number
  }

interface Answers {
  readonly list: LogPage
  readonly stretch: LogStretch
  readonly divided: ReadonlyArray<ReadonlyArray<AnalyticsRow>>
}

/** The answer to a query. */
export type LogAnswer<Asked extends LogQuestion = LogQuestion> = Answers[Asked["kind"]]

/** Answers queries; throws if the file cannot be read. */
export type AnswerQuestion = <Asked extends LogQuestion>(question: Asked) => Resumable<LogAnswer<Asked>>

/** Prepares to answer. */
export const answers = (database: Database): AnswerQuestion => {
  const reader = makeReader(database)
  const analytics = analyticsReader(database)
  const answer = (question: LogQuestion): Resumable<LogAnswer> => {
    switch (question.kind) {
      case "list":
        return reader.list(question.query, question.since)
      case "stretch":
        return reader.stretch(question.selection, question.after, question.limit, question.since)
      case "divided":
        return analytics(question.selection, question.divisions, question.gateways, question.now)
    }
  }
  return answer as AnswerQuestion
}

/** A thread with a connection of its own to the file. */
export interface ReadingThread {
  /**
   * Sends a query. `onAnswer` is called once, with `undefined` if the thread failed: the caller then reads the file
   * itself.
   *
   * @returns a function that cancels the query
   */
  readonly ask: <Asked extends LogQuestion>(
    question: Asked,
    onAnswer: (answer: { readonly value: LogAnswer<Asked> } | undefined) => void,
  ) => () => void
  /** Ends the thread; the next query starts another one. */
  readonly end: () => void
}

/** Prepares a thread for a file, which starts with the first query. `undefined` if the runtime has no threads. */
export type OpenThread = (file: string) => ReadingThread | undefined

/** A message to the thread: a numbered query, or its cancellation. */
export type ToThread =
  | { readonly id: number; readonly question: LogQuestion }
  | { readonly id: number; readonly givenUp: true }

/** A message from the thread; without an answer if the file could not be read. */
export interface FromThread {
  readonly id: number
  readonly answer: { readonly value: LogAnswer } | undefined
}

/** How long the thread works on a query before another one has its turn, in milliseconds. */
const turn = 20

/** How long the thread waits for a lock, in milliseconds; nothing else waits meanwhile. */
const patience = 2000

/**
 * The thread's side: handles its messages, with queries taking turns.
 *
 * @param rest yields, so that messages that came meanwhile are received
 */
export const answering = (
  open: OpenDatabase,
  file: string,
  rest: () => Promise<void>,
  send: (message: FromThread) => void,
): (message: ToThread) => void => {
  const waiting = new Map<number, LogQuestion>()
  let answer: AnswerQuestion | undefined
  let database: Database | undefined
  const opened = (): AnswerQuestion => {
    if (answer !== undefined) return answer
    database = open(file)
    // Checkpoints are left to the thread that writes.
    database.exec(
      `PRAGMA busy_timeout = ${patience}; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 0`,
    )
    answer = answers(database)
    return answer
  }
  const run = async (id: number, question: LogQuestion): Promise<void> => {
    try {
      const steps = opened()(question)
      let began = performance.now()
      for (let step = steps.next(); waiting.has(id); step = steps.next()) {
        if (step.done === true) return send({ id, answer: { value: step.value } })
        if (performance.now() - began < turn) continue
        await rest()
        began = performance.now()
      }
    } catch {
      database?.close()
      database = undefined
      answer = undefined
      send({ id, answer: undefined })
    } finally {
      waiting.delete(id)
    }
  }
  return (message) => {
    if ("givenUp" in message) return void waiting.delete(message.id)
    waiting.set(message.id, message.question)
    void run(message.id, message.question)
  }
}
