/**
 * The runs of judges in this process.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { reportDefect } from "../../redaction/stack-frames.ts"
import type { LogScope } from "../../request-log/entry.ts"
import { RequestLog } from "../../request-log/RequestLog.ts"
import type { Author } from "../../settings-store/change.ts"
import type {
  EvaluationResult,
  EvaluationRun,
  WrittenEvaluation,
} from "../../settings-store/evaluation-document.ts"
import { WrittenSettings } from "../../settings-store/WrittenSettings.ts"
import { plainClock } from "../../time/clock.ts"
import type { HostContext } from "../../exchange.ts"
import { adminNotFound } from "../../errors/admin-errors.ts"
import { envelope } from "../envelope.ts"
import { datasetEntries } from "./dataset-entries.ts"
import { JudgeRun, type JudgeTask } from "./judge-run.ts"
import { OwnCalls } from "./OwnCalls.ts"
import { replaced } from "./judge-results.ts"
import { type EntryVerdict, readVerdicts } from "./verdicts.ts"

/** What `JudgeRuns` does. */
export interface JudgeRunsShape {
  /** Whether another run may start. */
  readonly hasRoom: () => boolean
  /** When a run that starts now ends at the latest, in milliseconds since 1970. */
  readonly until: () => number
  /** Starts a run; its evaluation must be saved already. */
  readonly start: (task: JudgeTask, author: Author, host: Pick<HostContext, "waitUntil">) => void
  /** The results of a run so far; `undefined` if it does not run here. */
  readonly results: (run: string) => ReadonlyArray<EvaluationResult> | undefined
  /** The verdicts of a run's calls in the log. */
  readonly verdicts: (scope: LogScope, run: EvaluationRun) => Promise<ReadonlyArray<EntryVerdict>>
  /** Ends a run, if it runs here. */
  readonly stop: (run: string, reason: string) => void
}

/** The most runs of a process at once. */
export const mostRuns = 4

/** How long a run may take, in milliseconds: Workers end what `waitUntil` holds 30 s after the answer. */
const longest = { detached: 3_600_000, attached: 25_000 }

/** How long a stopping gateway waits for runs to save their results, in milliseconds. */
const patience = 2_000

/** Runs judges. */
export class JudgeRuns extends Context.Service<JudgeRuns, JudgeRunsShape>()("basegate/admin/JudgeRuns") {
  /** @param options.detached whether work goes on after the request that began it has ended */
  static readonly layer = (
    options: { readonly detached: boolean },
  ): Layer.Layer<JudgeRuns, never, RequestLog | WrittenSettings> =>
    Layer.effect(
      JudgeRuns,
      Effect.gen(function* () {
        const log = yield* RequestLog
        const entries = yield* datasetEntries
        const written = yield* WrittenSettings
        const own = yield* OwnCalls
        const { wall } = yield* plainClock
        const run = Effect.runPromiseWith(yield* Effect.context<never>())
        const running = new Map<string, JudgeRun>()
        const ending = new Set<Promise<void>>()
        const evaluationOf = ({ evaluation, run }: JudgeTask): WrittenEvaluation | undefined =>
          written.inForce().evaluations?.find((one) => one.id === evaluation && one.run?.id === run.id)

        /** Saves the results of a run, unless its evaluation was deleted or rerun. */
        const finish = async (of: JudgeRun, author: Author): Promise<void> => {
          const { task: { account, gateway, evaluation, run } } = of
          const changed = await written.change({
            kind: "evaluation",
            author,
            account,
            gateway,
            edit: ({ document, version, now }) => {
              const before = document.evaluations?.find(({ id }) => id === evaluation)
              if (before?.run?.id !== run.id) {
                return Result.fail(
                  adminNotFound("The run was replaced by a newer one, or its evaluation was deleted."),
                )
              }
              const reason = before.run.reason ?? of.reason
              const after: WrittenEvaluation = {
                ...before,
                version,
                modified_at: now,
                results: replaced(before.results, of.results()),
                run: { ...before.run, state: reason === null ? "done" : "stopped", reason },
              }
              return Result.succeed({
                document: {
                  ...document,
                  evaluations: (document.evaluations ?? []).map((one) => one.id === evaluation ? after : one),
                },
                action: "finish",
                id: evaluation,
                before: null,
                after: { id: evaluation, name: after.name, results: after.results },
                answer: () => envelope(null),
              })
            },
          })
          if (Result.isFailure(changed) && evaluationOf(of.task) !== undefined) {
            console.error(JSON.stringify({
              level: "warn",
              msg: "the results of an evaluation cannot be written",
              evaluation,
              reason: changed.failure.detail,
            }))
          }
        }
        const carryOut = async (of: JudgeRun, author: Author): Promise<void> => {
          try {
            await of.done()
          } catch (defect) {
            reportDefect(of.task.run.id, defect)
            of.stop("an unexpected error, which standard error describes")
          }
          try {
            await finish(of, author)
          } catch (defect) {
            reportDefect(of.task.run.id, defect)
          }
          running.delete(of.task.run.id)
        }
        yield* Effect.addFinalizer(() => {
          for (const one of running.values()) one.stop("the gateway was stopped")
          return Effect.promise(() =>
            Promise.race([
              Promise.all(ending).then(() => {}),
              new Promise<void>((resolve) => setTimeout(resolve, ending.size === 0 ? 0 : patience)),
            ])
          )
        })
        return {
          hasRoom: () => running.size < mostRuns,
          until: () => wall() + (options.detached ? longest.detached : longest.attached),
          start: (task, author, host) => {
            const { waitUntil } = host
            const lent = waitUntil === undefined
              ? {}
              : { waitUntil: (work: Promise<unknown>) => waitUntil.call(host, work) }
            const one = new JudgeRun(task, {
              log,
              entries,
              calling: { own, host: lent },
              run,
              wall,
              isWanted: () => evaluationOf(task)?.run?.state === "running",
            })
            running.set(task.run.id, one)
            const work = carryOut(one, author)
            ending.add(work)
            void work.then(() => ending.delete(work))
            lent.waitUntil?.(work)
          },
          results: (id) => running.get(id)?.results("Running."),
          verdicts: ({ account, gateway }, of) => run(readVerdicts(log, { account, gateway }, of)),
          stop: (id, reason) => running.get(id)?.stop(reason),
        }
      }),
    )
}
