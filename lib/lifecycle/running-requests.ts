/**
 * The requests that run: counted until they are told of, and ended together when the gateway stops.
 *
 * @module
 */
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { GatewayError } from "../errors.ts"
import type { Exchange, Interruption } from "../exchange.ts"

/** What the work on a request comes to. */
export type Answered = Exit.Exit<Response, GatewayError>

/** The requests that run. */
export interface RunningRequests {
  readonly began: () => void
  /** The record of one has been told. */
  readonly told: () => void
  /** What the work on a request comes to; nothing that interrupts it can make it wait for ever. */
  readonly answered: (exchange: Exchange, work: Fiber.Fiber<Response, GatewayError>) => Promise<Answered>
  /** Ends the work on a request, if it has no answer yet. */
  readonly interrupt: (exchange: Exchange, why: Interruption) => void
  /** Resolves once none runs. */
  readonly idle: () => Promise<void>
  /** Ends all that have no answer yet. Resolves when they are told of, at the latest after `patience` milliseconds. */
  readonly end: (patience: number) => Promise<void>
}

/** How long an interrupted request may take to undo what it has begun, in milliseconds. */
const unwinding = 500

/** Waits for work that never fails, but no longer than so many milliseconds. */
export const within = (milliseconds: number, work: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void work.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })

interface Unanswered {
  readonly work: Fiber.Fiber<Response, GatewayError>
  /** Only the first answer counts. */
  readonly answer: (exit: Answered) => void
}

/** No request yet. */
export const noneRunning = (): RunningRequests => {
  let count = 0
  let resting: Array<() => void> = []
  const unanswered = new Map<Exchange, Unanswered>()

  const interrupt = (exchange: Exchange, why: Interruption): void => {
    const call = unanswered.get(exchange)
    if (call === undefined) return
    exchange.interruption ??= why
    call.work.interruptUnsafe()
  }
  const idle = async (): Promise<void> => {
    if (count > 0) await new Promise<void>((resolve) => resting.push(resolve))
  }
  return {
    began: () => void count++,
    told: () => {
      if (--count > 0) return
      const waiting = resting
      resting = []
      for (const resume of waiting) resume()
    },
    answered: (exchange, work) =>
      new Promise<Answered>((resolve) => {
        const answer = (exit: Answered): void => {
          unanswered.delete(exchange)
          resolve(exit)
        }
        unanswered.set(exchange, { work, answer })
        work.addObserver(answer)
      }),
    interrupt,
    idle,
    end: async (patience) => {
      for (const exchange of [...unanswered.keys()]) interrupt(exchange, "draining")
      await within(unwinding, idle())
      // What does not let itself be interrupted is not waited for.
      for (const { answer } of [...unanswered.values()]) answer(Exit.interrupt())
      await within(patience, idle())
    },
  }
}
