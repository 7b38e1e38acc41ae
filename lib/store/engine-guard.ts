/**
 * Keeps callers from waiting for an engine that does not answer, by a deadline for each operation and a circuit
 * breaker: after three failures in a row the engine is left alone for a moment, then one operation probes it. @module
 */
import type { StartTimer } from "../time/Timer.ts"
import { type OutageReason, StoreOutage } from "./store-outage.ts"

/** The number of failures in a row after which the circuit opens. */
const patience = 3

/** The deadline of the first operations, in milliseconds: a client is loaded and connected meanwhile. */
const firstDeadline = 5000

/** How long an engine is left alone, in milliseconds: twice as long after each further failure, up to `last`. */
const pauses = { first: 250, last: 4000 }

/** Calls an engine. */
export interface EngineGuard {
  /** The answer, or why there was none in time. Never rejects. */
  readonly ask: <A>(operation: () => Promise<A>) => Promise<A | StoreOutage>
  readonly failures: () => number
  readonly hasWorked: () => boolean
  /** The number of operations without an answer, by reason. */
  readonly outages: ReadonlyMap<OutageReason, number>
}

/** How failures of an engine are recognised, and what to call when its state changes. */
export interface GuardOptions {
  /** The deadline after the first answer, in milliseconds. */
  readonly deadline: number
  /** Describes a refusal by the engine; `undefined` if the engine did not answer. */
  readonly refusal: (cause: unknown) => string | undefined
  /** Milliseconds of a clock that is not set back. */
  readonly now: () => number
  readonly startTimer: StartTimer
  /** Called at the first failure since it worked. */
  readonly onFailed: (outage: StoreOutage) => void
  /** Called when the circuit opens. */
  readonly onPaused: () => void
  /** Called when it works again. */
  readonly onWorked: () => void
}

/** Creates the guard of an engine that was not used yet. */
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
    // Operations that were started together fail together.
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

  const answered = <A>(operation: () => Promise<A>): Promise<A | StoreOutage> =>
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
        operation().then((answer) => {
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
    ask: async (operation) => {
      if (failures < patience) return await answered(operation)
      if (now() < Math.max(pausedUntil, probingUntil)) {
        return count(new StoreOutage("paused", "it has failed several times in a row"))
      }
      // Bounded in time, and not only by the answer: if a Worker's request is abandoned while it probes, there is
      // never an answer.
      probingUntil = now() + longest()
      try {
        return await answered(operation)
      } finally {
        probingUntil = -Infinity
      }
    },
    failures: () => failures,
    hasWorked: () => hasWorked,
    outages,
  }
}
