/**
 * The gateways that are measured, and what each is held against.
 *
 * @module
 */
import type { Runtime } from "../support/spawn-gateway.ts"
import type { Bench, Pair } from "./bench.ts"
import { floorOf, gatewayOf, sourceGatewayOf, unobservedOf } from "./subjects.ts"

/**
 * @param against another checkout, whose gateways take the place of the floors
 * @param unobserved whether gateways that nothing observes take it
 */
export const pairsOf = (
  runtimes: ReadonlyArray<Runtime>,
  { against, unobserved }: { readonly against: string | undefined; readonly unobserved: boolean },
): Pick<Bench, "pairs" | "sourcePairs"> => {
  if (unobserved) {
    const pairs = runtimes.filter((runtime) => runtime === "bun" || runtime === "deno")
      .map((runtime): Pair => ({
        runtime,
        base: unobservedOf(runtime),
        gateway: gatewayOf(runtime, "gateway", "."),
      }))
    return { pairs, sourcePairs: [] }
  }
  const pairs = runtimes.map((runtime): Pair => ({
    runtime,
    base: against === undefined ? floorOf(runtime) : gatewayOf(runtime, "other", against),
    gateway: gatewayOf(runtime, "gateway", "."),
  }))
  const sourcePairs = runtimes.flatMap((runtime, place): ReadonlyArray<Pair> => {
    const gateway = sourceGatewayOf(runtime, "gateway", ".")
    const base = against === undefined ? pairs[place]?.base : sourceGatewayOf(runtime, "other", against)
    return gateway === undefined || base === undefined
      ? []
      : [{ runtime: `${runtime}, from source`, base, gateway }]
  })
  return { pairs, sourcePairs }
}
