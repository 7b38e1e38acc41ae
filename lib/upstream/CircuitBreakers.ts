/**
 * The circuits of all upstream hosts.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CircuitSettings } from "../config/circuit-settings.ts"
import type { GatewayError } from "../errors.ts"
import { circuitOpen } from "../errors/provider-errors.ts"
import { monotonicBy } from "../time/monotonic.ts"
import { type Circuit, type Permit, startCircuit } from "./circuit.ts"

/** Leave for one call to a host. */
export interface CircuitPermit {
  /** For the record; a call that is refused has the state `open`. */
  readonly state: Permit["state"]
  /**
   * Whether the host did its part (`speaksAgainstHost` of circuit.ts). To be called once the outcome is
   * known, and not for a client that left, which says nothing about the host: the circuit expects no report
   * (see `startCircuit`).
   */
  readonly done: (ok: boolean) => void
}

/**
 * Holds calls back from hosts that keep failing. Knows what this process (on Workers: this isolate) has seen
 * itself.
 *
 * Nothing waits: state is read and written at once, since on Workers requests must not wait for each other.
 */
export class CircuitBreakers extends Context.Service<CircuitBreakers, {
  /** Lets a call pass, or fails with `circuit_open`, whose `Retry-After` says when to ask again. */
  readonly enter: (host: string, settings: CircuitSettings) => Effect.Effect<CircuitPermit, GatewayError>
}>()("basegate/upstream/CircuitBreakers") {
  /** In memory, for the 1,000 hosts called last: callers choose model ids, and so hosts. */
  static readonly layerMemory: Layer.Layer<CircuitBreakers> = Layer.sync(CircuitBreakers, () => {
    const circuits = new Map<string, Circuit>()
    /** A map keeps the order of insertion: the first is the one that has been idle for longest. */
    const circuitOf = (host: string): Circuit => {
      const circuit = circuits.get(host) ?? startCircuit()
      circuits.delete(host)
      circuits.set(host, circuit)
      const idlest = circuits.size > capacity ? circuits.keys().next().value : undefined
      if (idlest !== undefined) circuits.delete(idlest)
      return circuit
    }
    return {
      enter: (host, settings) =>
        Effect.clockWith((clock) => {
          const passage = circuitOf(host).enter(settings, monotonicBy(clock))
          return typeof passage === "number"
            ? Effect.fail(circuitOpen(host, Math.ceil(passage / 1_000)))
            : Effect.succeed({
              state: passage.state,
              done: (ok) => passage.done(ok, monotonicBy(clock)),
            })
        }),
    }
  })
}

const capacity = 1_000
