/**
 * The circuits of all upstream hosts.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { CircuitSettings } from "../config/circuit-settings.ts"
import type { GatewayError } from "../errors.ts"
import { circuitOpen } from "../errors/provider-errors.ts"
import { boundedMap } from "../store/bounded-map.ts"
import { scopeOf } from "../store/guarantee.ts"
import { Store } from "../store/Store.ts"
import { whenReady } from "../time/awaitable.ts"
import { decodeHint, encodeHint, hintKey } from "./circuit-hint.ts"
import { type Circuit, type CircuitState, type Permit, startCircuit } from "./circuit.ts"

/** What `CircuitBreakers` does. */
export interface CircuitBreakersShape {
  /**
   * Lets a call pass, or fails with `circuit_open`, whose `Retry-After` says when to try again.
   *
   * Report with the permit's `done` whether the host did its part (`isHostFailure` of circuit.ts) once the outcome is
   * known, and not for a client that left, which says nothing about the host: the circuit expects no report (see
   * `startCircuit`).
   *
   * @param now milliseconds of a monotonic clock
   */
  readonly enter: (
    host: string,
    settings: CircuitSettings,
    now: number,
  ) => Result.Result<Permit, GatewayError>
  /**
   * Leaves a hint, for all instances that share the store, that a circuit has opened here. Never rejects.
   *
   * @returns `undefined` if there is nothing to wait for
   */
  readonly shareHint: (host: string, settings: CircuitSettings, now: number) => Promise<void> | undefined
  /** Reads hints of other instances, at most once a second for each host. They apply to later calls. */
  readonly readHint: (host: string, settings: CircuitSettings, now: number) => Promise<void> | undefined
  /** The hosts whose circuits are not closed, at a moment of the same clock. */
  readonly troubled: (now: number) => ReadonlyArray<CircuitState & { readonly host: string }>
}

/** The most circuits, of the hosts called last: callers choose model ids, and so hosts. */
const capacity = 1_000

/** How often hints of other instances about a host are read, in milliseconds. */
const readHintEvery = 1_000

/** How far this instance's clock may be behind that of the one that left a hint, in milliseconds. */
const tolerated = 1_000

/** What is known of a host. */
interface Known {
  readonly circuit: Circuit
  hintReadAt: number
}

/**
 * Holds calls back from hosts that keep failing. Knows what this process (on Workers: this isolate) has seen
 * itself, and as a hint what others have that share a store.
 *
 * Nothing waits: state is read and written at once, since on Workers requests must not wait for each other.
 */
export class CircuitBreakers
  extends Context.Service<CircuitBreakers, CircuitBreakersShape>()("basegate/upstream/CircuitBreakers") {
  /** In memory, for the 1,000 hosts called last. */
  static readonly layerMemory: Layer.Layer<CircuitBreakers> = Layer.sync(
    CircuitBreakers,
    () => circuitBreakers(undefined),
  )
  /** The same, with hints by the store if what it keeps reaches others. */
  static readonly layer: Layer.Layer<CircuitBreakers, never, Store> = Layer.effect(
    CircuitBreakers,
    Effect.map(Store, (store) => circuitBreakers(sharesHints(store) ? store : undefined)),
  )
}

const sharesHints = ({ guarantees: { hints } }: Store["Service"]): boolean =>
  hints !== undefined && scopeOf(hints) === "global"

/** @param store where hints for other instances are left; `undefined` for no hints */
const circuitBreakers = (store: Store["Service"] | undefined): CircuitBreakersShape => {
  const hosts = boundedMap<Known>(capacity)
  const knownOf = (host: string, now: number): Known => {
    const known = hosts.get(host, now)
    if (known !== undefined) return known
    const begun = { circuit: startCircuit(), hintReadAt: -Infinity }
    hosts.set(host, begun, 1, Infinity, now)
    return begun
  }
  return {
    enter: (host, settings, now) => {
      const permit = knownOf(host, now).circuit.enter(settings, now)
      return typeof permit === "number"
        ? Result.fail(circuitOpen(host, Math.ceil(permit / 1_000)))
        : Result.succeed(permit)
    },
    shareHint: (host, { openMs }) => {
      if (store === undefined) return undefined
      const opened = store.now()
      const told = store.set(hintKey(host), encodeHint({ opened, until: opened + openMs }), openMs)
      return told instanceof Promise ? told : undefined
    },
    readHint: (host, settings, now) => {
      if (store === undefined) return undefined
      const known = knownOf(host, now)
      if (now - known.hintReadAt < readHintEvery || known.circuit.state(now).kind !== "closed") {
        return undefined
      }
      known.hintReadAt = now
      const reading = whenReady(store.get(hintKey(host)), (bytes) => {
        const hint = bytes && decodeHint(bytes)
        const wall = store.now()
        // Clocks that differ by more than it lasts do not understand it.
        if (hint === undefined || hint.opened > wall + tolerated || hint.until <= wall) return
        known.circuit.applyHint(settings, now + hint.opened - wall, now + hint.until - wall, now)
      })
      return reading instanceof Promise ? reading : undefined
    },
    troubled: (now) =>
      hosts.items()
        .map(([host, { circuit }]) => ({ host, ...circuit.state(now) }))
        .filter(({ kind }) => kind !== "closed"),
  }
}
