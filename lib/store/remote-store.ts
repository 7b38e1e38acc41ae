/**
 * The store whose counts are in an engine across a network.
 *
 * While the engine is unavailable, counts go on in memory, starting from what the engine last said.
 *
 * @module
 */
import type { PlainClock } from "../time/clock.ts"
import type { StartTimer } from "../time/Timer.ts"
import { warn } from "../sqlite/warn.ts"
import { additionOf } from "./period-counters.ts"
import type { Charge, Counted, Lease, Take, Taken } from "./counted.ts"
import { countingStore } from "./counting-store.ts"
import type { Engine } from "./engine.ts"
import { makeEngineGuard } from "./engine-guard.ts"
import { guaranteesAmong } from "./guarantee.ts"
import { makeHolds } from "./holds.ts"
import { makeMemory, type MemoryOptions } from "./memory.ts"
import { makeOwedCharges, type Owed } from "./owed-charges.ts"
import type { StoreShape } from "./Store.ts"
import { makeRemoteValues } from "./remote-values.ts"
import { StoreOutage } from "./store-outage.ts"

/** The parts and options of a store over an engine. */
export interface RemoteStoreOptions extends MemoryOptions {
  readonly engine: Engine
  readonly clock: PlainClock
  readonly startTimer: StartTimer
  /** The deadline of an operation, in milliseconds; 50 by default. */
  readonly deadline?: number
  /**
   * Whether background work is possible. It is not on Workers, where owed charges are sent along with the next
   * request.
   */
  readonly hasBackground?: boolean
}

/** The store, and a way to end it. */
export interface RemoteStore {
  readonly store: StoreShape
  /** Sends owed charges, if that can be done soon, and closes the connection. */
  readonly end: () => Promise<void>
}

/** The default deadline of an operation, in milliseconds. */
const usualDeadline = 50

/** How long after a failure owed charges are sent again, in milliseconds. */
const retryAfter = 500

/**
 * The time limit for sending one owed charge, in milliseconds: the engine answers within that time, or not at all.
 */
const flushPatience = 10_000

/** How often owed charges are tried when the store ends. */
const lastTries = 5

/** How long the last known state of the engine counts as current, in milliseconds. */
const freshFor = 1000

/** Creates the store, which starts to connect if background work is possible. */
export const makeRemoteStore = (options: RemoteStoreOptions): RemoteStore => {
  const { engine, clock, startTimer, deadline = usualDeadline, hasBackground = true } = options
  const memory = makeMemory(options)
  const holds = makeHolds()
  const among = options.among ?? "process"
  const local = countingStore(memory, { wall: engine.now }, { holds, exclusively: (run) => run() })
  const owed = makeOwedCharges()
  let cancelRetry: (() => void) | undefined
  let flushingUntil = -Infinity
  let hasEnded = false
  let askedAt = -Infinity

  const guard = makeEngineGuard({
    deadline,
    refusal: engine.refusal,
    now: clock.now,
    startTimer,
    onFailed: ({ reason, detail }) =>
      warn("the store of limits cannot be used: on_store_outage applies until it can", {
        store: engine.name,
        reason,
        detail,
      }),
    onPaused: engine.reset,
    onWorked: () => warn("the store of limits can be used again", { store: engine.name, owed: owed.size() }),
  })
  const ask = <A>(question: () => Promise<A>): Promise<A | StoreOutage> => {
    askedAt = clock.now()
    return guard.ask(question)
  }

  const settleOwed = (each: Owed): Promise<true | StoreOutage> =>
    ask(() => engine.settle(each.mark, each.lease, each.charges).then(() => true as const))
  /** Sends owed charges, as long as that works. */
  const flush = async (): Promise<void> => {
    if (clock.now() < flushingUntil) return
    try {
      for (let next = owed.next(); next !== undefined; next = owed.next()) {
        // Bounded in time: a Worker's request that is abandoned meanwhile must not block others.
        flushingUntil = clock.now() + flushPatience
        const answer = await settleOwed(next)
        if (answer instanceof StoreOutage) return owed.delay(next)
        owed.done(next)
      }
    } finally {
      flushingUntil = -Infinity
    }
  }
  const flushLater = (): void => {
    if (!hasBackground || hasEnded || cancelRetry !== undefined) return
    cancelRetry = startTimer(retryAfter, () => {
      cancelRetry = undefined
      void flush().then(() => {
        if (owed.size() > 0) flushLater()
      })
    })
  }
  const owe = (each: Owed, outage: StoreOutage): void => {
    owed.add(each, outage.isUncertain)
    if (owed.size() > 0) flushLater()
  }

  /** Keeps the engine's counts in memory, for when it is unavailable. */
  const remember = (counted: ReadonlyArray<Counted>, { now, uses }: Taken): void => {
    const known = local.peek(counted)
    for (const [index, each] of counted.entries()) {
      const by = (uses[index]?.current ?? 0) - (known.uses[index]?.current ?? 0)
      if (by !== 0) memory.add([additionOf({ counted: each, by }, now)], now)
    }
  }
  const charge = async (mark: string, lease: string, charges: ReadonlyArray<Charge>): Promise<void> => {
    if (charges.length === 0) return
    const answer = await settleOwed({ mark, lease, charges })
    if (answer instanceof StoreOutage) owe({ mark, lease, charges }, answer)
    else if (owed.size() > 0) await flush()
  }

  const { refusal } = engine
  const values: Pick<StoreShape, "get" | "set"> = engine.values === undefined
    ? {
      get: (key) => memory.get(key, clock.now()),
      set: (key, value, ttl) => memory.set(key, value, ttl, clock.now()),
    }
    : makeRemoteValues({ values: engine.values, memory, clock, startTimer, deadline: 2 * deadline, refusal })

  const store: StoreShape = {
    guarantees: guaranteesAmong("store", engine.values === undefined ? among : "store"),
    now: engine.now,
    inOrder: engine.inOrder,
    local: {
      ...local,
      guarantees: guaranteesAmong(among),
      now: engine.now,
      get: () => undefined,
      set: () => {},
      once: (key, ttl) => memory.once(key, ttl, clock.now()),
    },
    take: async (takes, lease) => {
      const taken = await ask(() => engine.take(takes, lease))
      if (taken instanceof StoreOutage) return taken
      remember(takes.map(({ counted }) => counted), taken)
      if (lease !== undefined && taken.passed) hold(takes, lease, taken.now)
      return taken
    },
    charge: (charges) => {
      local.charge(charges)
      return charge(
        charges.some(({ counted }) => counted.count.spend) ? crypto.randomUUID() : "",
        "",
        charges,
      )
    },
    settle: (lease, charges) => {
      local.settle(lease, charges)
      return charge(lease, lease, charges)
    },
    peek: async (counted) =>
      await ask(() =>
        engine.take(counted.map((each) => ({ counted: each, by: 0, holds: 0, ahead: 0 })), undefined)
      ),
    spent: async (query) => {
      const page = await ask(() => engine.list(query))
      return page instanceof StoreOutage ? local.spent(query) : page
    },
    ...values,
    once: async (key, ttl) => {
      // What this process has done already needs no round trip.
      if (!memory.once(key, ttl, clock.now())) return false
      const first = await ask(() => engine.once(key, ttl))
      return first instanceof StoreOutage ? true : first
    },
    health: async () => {
      if (clock.now() > askedAt + freshFor || !guard.hasWorked()) {
        await ask(() => engine.ping())
      }
      return { healthy: guard.failures() === 0, hasWorked: guard.hasWorked() }
    },
    figures: () => ({ healthy: guard.failures() === 0, outages: guard.outages, owed: owed.size() }),
  }

  if (hasBackground) void engine.ping().catch(() => {})

  const hold = (takes: ReadonlyArray<Take>, { id, ttl }: Lease, now: number): void => {
    for (const { counted, holds: amount } of takes) {
      if (amount > 0) holds.hold(counted.count, id, amount, ttl, now)
    }
  }
  return {
    store,
    end: async () => {
      hasEnded = true
      cancelRetry?.()
      for (let tries = 0; tries < lastTries && owed.size() > 0; tries++) {
        if (tries > 0) await new Promise<void>((resolve) => void startTimer(retryAfter, resolve))
        await flush()
      }
      if (owed.size() > 0) {
        warn("spending is lost: its store cannot be used", { store: engine.name, charges: owed.size() })
      }
      engine.close()
    },
  }
}
