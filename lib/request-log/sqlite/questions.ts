/**
 * The questions to the log's file that look at many entries, so that a thread beside may answer them.
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

/** A question; `since` is the time of the oldest entry to be shown. All of it can be sent to another thread. */
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

/** What a question is answered with. */
export type LogAnswer<Asked extends LogQuestion = LogQuestion> = Answers[Asked["kind"]]

/** Answers questions; throws where the file cannot be read. */
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

/** A thread beside, with a connection of its own to the file. */
export interface ReadingThread {
  /**
   * Asks it; `onAnswer` is called once, without an answer if there could be none: the caller then reads the file.
   *
   * @returns a function that gives the question up
   */
  readonly ask: <Asked extends LogQuestion>(
    question: Asked,
    onAnswer: (answer: { readonly value: LogAnswer<Asked> } | undefined) => void,
  ) => () => void
  /** Ends it; the next question starts another one. */
  readonly end: () => void
}

/** Prepares a thread for a file; nothing is started before it is asked. `undefined` where there are no threads. */
export type OpenThread = (file: string) => ReadingThread | undefined

/** What is sent to the thread: a question by its number, or that one is given up. */
export type ToThread =
  | { readonly id: number; readonly question: LogQuestion }
  | { readonly id: number; readonly givenUp: true }

/** What it sends back: no answer if the file could not be read. */
export interface FromThread {
  readonly id: number
  readonly answer: { readonly value: LogAnswer } | undefined
}

/** How long a question is worked at before another one has its turn, in milliseconds. */
const turn = 20

/** How long a lock is waited for there, in milliseconds: nothing else waits meanwhile. */
const patience = 2000

/**
 * What the thread does with what it is sent: questions take turns.
 *
 * @param rest lets what came meanwhile be heard
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
    // A checkpoint is for the thread that writes.
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
