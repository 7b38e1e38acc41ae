/**
 * Cached answers in an engine across a network.
 *
 * They have a guard of their own, since a large value that takes its time says nothing about counts. A value that
 * cannot be read in time counts as missing. Values above `largestShared` stay in the memory of the process.
 *
 * @module
 */
import type { PlainClock } from "../time/clock.ts"
import type { StartTimer } from "../time/Timer.ts"
import { boundedMap } from "./bounded-map.ts"
import { makeEngineGuard } from "./engine-guard.ts"
import type { Memory } from "./memory.ts"
import type { StoreShape } from "./Store.ts"
import { StoreOutage } from "./store-outage.ts"

/** An engine's operations on values. They reject if the engine refuses, or may not have been reached. */
export interface EngineValues {
  readonly get: (key: string) => Promise<Uint8Array<ArrayBuffer> | undefined>
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) => Promise<void>
}

/** The parts and options of remote values. */
export interface RemoteValuesOptions {
  readonly values: EngineValues
  /** Keeps what is too large for the engine. */
  readonly memory: Memory
  readonly clock: PlainClock
  readonly startTimer: StartTimer
  /** The deadline of an operation, in milliseconds. */
  readonly deadline: number
  readonly refusal: (cause: unknown) => string | undefined
}

/** The most bytes of a value in the engine: fetching a larger one takes longer than a short call. */
export const largestShared = 1_048_576

/**
 * The most bytes in flight, and how long they count, in milliseconds: a Worker's request may be abandoned meanwhile.
 */
const inFlight = { bytes: 8_388_608, longest: 5_000 }

/** The part of a store that keeps values. */
export const makeRemoteValues = (
  { values, memory, clock, startTimer, deadline, refusal }: RemoteValuesOptions,
): Pick<StoreShape, "get" | "set"> => {
  const none = (): void => {}
  const guard = makeEngineGuard({
    deadline,
    refusal,
    now: clock.now,
    startTimer,
    onFailed: none,
    onPaused: none,
    onWorked: none,
  })
  /** Values in flight to the engine, which this process finds immediately. */
  const setting = boundedMap<Uint8Array<ArrayBuffer>>(inFlight.bytes)
  return {
    get: (key) => {
      const now = clock.now()
      const here = setting.get(key, now) ?? memory.get(key, now)
      if (here !== undefined) return here
      return guard.ask(() => values.get(key)).then((found) =>
        found instanceof StoreOutage ? undefined : found
      )
    },
    set: async (key, value, ttl) => {
      if (value.byteLength > largestShared) return memory.set(key, value, ttl, clock.now())
      const now = clock.now()
      setting.set(key, value, value.byteLength + 256, now + Math.min(ttl, inFlight.longest), now)
      await guard.ask(() => values.set(key, value, ttl))
      if (setting.get(key, clock.now()) === value) setting.delete(key)
    },
  }
}
