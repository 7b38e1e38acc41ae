/**
 * Time that a test moves: for code over `Timer` and a plain clock, without fibers.
 *
 * @module
 */
import { setImmediate as settled } from "node:timers/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { PlainClock } from "../../lib/time/clock.ts"
import { type StartTimer, Timer } from "../../lib/time/Timer.ts"

export interface VirtualTime {
  readonly clock: PlainClock
  readonly startTimer: StartTimer
  /** Provides both to layers. */
  readonly layer: Layer.Layer<never>
  /** Moves time, firing what falls due in its order, and lets promises settle in between. */
  readonly advance: (milliseconds: number) => Promise<void>
  /** Waits for work, moving time to the next timer whenever it waits itself. */
  readonly toEnd: <A>(work: Promise<A>) => Promise<A>
}

const effectClock = (now: () => number): Clock.Clock => {
  const currentTimeNanosUnsafe = (): bigint => BigInt(Math.round(now() * 1e6))
  return {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe,
    currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
    monotonicTimeNanosUnsafe: currentTimeNanosUnsafe,
    monotonicTimeNanos: Effect.sync(currentTimeNanosUnsafe),
    sleep: () => Effect.die(new Error("fibers do not sleep here")),
  }
}

/** Time that begins at 0, on the wall as well. */
export const virtualTime = (): VirtualTime => {
  let now = 0
  const timers = new Set<{ readonly at: number; readonly onFire: () => void }>()
  const clock: PlainClock = { now: () => now, wall: () => now }
  const startTimer: StartTimer = (milliseconds, onFire) => {
    const timer = { at: now + Math.max(0, milliseconds), onFire }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const next = () => [...timers].sort((one, other) => one.at - other.at)[0]
  const fireUntil = async (end: number): Promise<void> => {
    for (let timer = next(); timer !== undefined && timer.at <= end; timer = next()) {
      now = timer.at
      timers.delete(timer)
      timer.onFire()
      await settled()
    }
  }
  return {
    clock,
    startTimer,
    layer: Layer.mergeAll(
      Layer.succeed(Clock.Clock, effectClock(() => now)),
      Layer.succeed(Timer, startTimer),
    ),
    advance: async (milliseconds) => {
      const end = now + milliseconds
      await settled()
      await fireUntil(end)
      now = end
    },
    toEnd: async (work) => {
      let isOver = false
      const over = (): void => {
        isOver = true
      }
      work.then(over, over)
      for (let steps = 0; steps < 10_000; steps++) {
        await settled()
        if (isOver) return work
        await fireUntil(next()?.at ?? now)
      }
      throw new Error("no end")
    },
  }
}
