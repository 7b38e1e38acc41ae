/**
 * The circuits of all upstream hosts.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { CircuitSettings } from "../config/circuit-settings.ts"
import type { GatewayError } from "../errors.ts"
import { circuitOpen } from "../errors/provider-errors.ts"
import { boundedMap } from "../store/bounded-map.ts"
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
   * @param now milliseconds of a clock that nobody sets
   */
  readonly enter: (
    host: string,
    settings: CircuitSettings,
    now: number,
  ) => Result.Result<Permit, GatewayError>
  /** The hosts whose circuits are not closed, at a moment of the same clock. */
  readonly troubled: (now: number) => ReadonlyArray<CircuitState & { readonly host: string }>
}

/** The circuits of the hosts called last are kept: callers choose model ids, and so hosts. */
const capacity = 1_000

/**
 * Holds calls back from hosts that keep failing. Knows what this process (on Workers: this isolate) has seen
 * itself.
 *
 * Nothing waits: state is read and written at once, since on Workers requests must not wait for each other.
 */
export class CircuitBreakers
  extends Context.Service<CircuitBreakers, CircuitBreakersShape>()("basegate/upstream/CircuitBreakers") {
  /** In memory, for the 1,000 hosts called last. */
  static readonly layerMemory: Layer.Layer<CircuitBreakers> = Layer.sync(CircuitBreakers, () => {
    const circuits = boundedMap<Circuit>(capacity)
    const circuitOf = (host: string, now: number): Circuit => {
      const known = circuits.get(host, now)
      if (known !== undefined) return known
      const circuit = startCircuit()
      circuits.set(host, circuit, 1, Infinity, now)
      return circuit
    }
    return {
      enter: (host, settings, now) => {
        const permit = circuitOf(host, now).enter(settings, now)
        return typeof permit === "number"
          ? Result.fail(circuitOpen(host, Math.ceil(permit / 1_000)))
          : Result.succeed(permit)
      },
      troubled: (now) =>
        circuits.items()
          .map(([host, circuit]) => ({ host, ...circuit.state(now) }))
          .filter(({ kind }) => kind !== "closed"),
    }
  })
}
