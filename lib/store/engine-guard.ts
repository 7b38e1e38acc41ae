/**
 * Keeps callers from waiting for an engine that does not answer: a deadline for each question, and a circuit.
 *
 * After three failures in a row the engine is left alone for a moment; then one question may try it.
 *
 * @module
 */
import type { StartTimer } from "../time/Timer.ts"
import { type OutageReason, StoreOutage } from "./store-outage.ts"

/** Failures in a row after which questions are not asked any more. */
const patience = 3

/** How long the first answers may take, in milliseconds: a client is loaded and connected meanwhile. */
const firstDeadline = 5000

/** How long an engine is left alone, in milliseconds: twice as long after each further failure, up to the last. */
const pauses = { first: 250, last: 4000 }

/** Asks an engine. */
export interface EngineGuard {
  /** The answer, or why none came in time. Never rejects. */
  readonly ask: <A>(question: () => Promise<A>) => Promise<A | StoreOutage>
  readonly failures: () => number
  readonly hasWorked: () => boolean
  /** How many questions had no answer, by reason. */
  readonly outages: ReadonlyMap<OutageReason, number>
}

/** What is known of an engine's failures, and who is told. */
export interface GuardOptions {
  /** How long an answer may take, in milliseconds, once there has been one. */
  readonly deadline: number
  /** Says why a question failed; `undefined` if the engine did answer, that it refuses. */
  readonly refusal: (cause: unknown) => string | undefined
  /** Milliseconds of a clock that is not set back. */
  readonly now: () => number
  readonly startTimer: StartTimer
  /** It has failed for the first time since it worked. */
  readonly onFailed: (outage: StoreOutage) => void
  /** It has failed so often that it is left alone. */
  readonly onPaused: () => void
  /** It has worked again. */
  readonly onWorked: () => void
}

/** Makes the guard of an engine that has not been asked yet. */
export const makeEngineGuard = (
  { deadline, refusal, now, startTimer, onFailed, onPaused, onWorked }: GuardOptions,
): EngineGuard => {
  let failures = 0
  let hasWorked = false
  let pausedUntil = -Infinity
  let pause = pauses.first
  let probingUntil = -Infinity
  const outages = new Map<OutageReason, number>()

  const longest = (): number => hasWorked ? deadline : Math.max(deadline, firstDeadline)
  const count = (outage: StoreOutage): StoreOutage => {
    outages.set(outage.reason, (outages.get(outage.reason) ?? 0) + 1)
    return outage
  }
  const failed = (outage: StoreOutage): StoreOutage => {
    failures++
    if (failures === 1) onFailed(outage)
    // Questions that were asked together fail together.
    if (failures >= patience && now() >= pausedUntil) {
      if (failures > patience) pause = Math.min(2 * pause, pauses.last)
      pausedUntil = now() + pause
      onPaused()
    }
    return count(outage)
  }
  const worked = (): void => {
    hasWorked = true
    const before = failures
    failures = 0
    pause = pauses.first
    if (before > 0) onWorked()
  }

  const answered = <A>(question: () => Promise<A>): Promise<A | StoreOutage> =>
    new Promise((resolve) => {
      let isOpen = true
      const end = (answer: A | StoreOutage): void => {
        if (!isOpen) return
        isOpen = false
        cancel()
        resolve(answer)
      }
      const most = longest()
      const cancel = startTimer(most, () => {
        if (isOpen) end(failed(new StoreOutage("timeout", `no answer within ${most} ms`)))
      })
      const fail = (cause: unknown): void => {
        if (!isOpen) return
        const why = refusal(cause)
        end(failed(
          why === undefined
            ? new StoreOutage("unreachable", cause instanceof Error ? cause.message : "no connection")
            : new StoreOutage("refused", why),
        ))
      }
      try {
        question().then((answer) => {
          if (!isOpen) {
            return
          }
          worked()
          end(answer)
        }, fail)
      } catch (cause) {
        fail(cause)
      }
    })

  return {
    ask: async (question) => {
      if (failures < patience) return await answered(question)
      if (now() < Math.max(pausedUntil, probingUntil)) {
        return count(new StoreOutage("paused", "it has failed several times in a row"))
      }
      // Not until the answer alone: a Worker's request that is given up while it asks never has one.
      probingUntil = now() + longest()
      try {
        return await answered(question)
      } finally {
        probingUntil = -Infinity
      }
    },
    failures: () => failures,
    hasWorked: () => hasWorked,
    outages,
  }
}
