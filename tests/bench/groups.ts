/**
 * The gateways that are measured, and what each is held against.
 *
 * @module
 */
import type { Runtime } from "../support/spawn-gateway.ts"
import type { Bench, Group } from "./bench.ts"
import { rowName } from "./rows.ts"
import { floorOf, gatewayOf, sourceGatewayOf, unobservedOf } from "./subjects.ts"

/** @param against another checkout, whose gateways are measured too, as what was before */
export const groupsOf = (
  runtimes: ReadonlyArray<Runtime>,
  against: string | undefined,
): Pick<Bench, "groups" | "sourceGroups" | "observedGroups"> => {
  const roots: Readonly<Record<string, string>> = {
    ...against === undefined ? {} : { before: against },
    gateway: ".",
  }
  const checkouts = Object.entries(roots)
  const floors = new Map(runtimes.map((runtime) => [runtime, floorOf(runtime)]))
  return {
    groups: [...floors].map(([runtime, base]): Group => ({
      name: runtime,
      base,
      gateways: checkouts.map(([name, root]) => gatewayOf(runtime, name, root)),
    })),
    sourceGroups: [...floors].flatMap(([runtime, base]): ReadonlyArray<Group> => {
      const gateways = checkouts.flatMap(([name, root]) => sourceGatewayOf(runtime, name, root) ?? [])
      return gateways.length === 0 ? [] : [{ name: `${runtime}, from source`, base, gateways }]
    }),
    observedGroups: runtimes.filter((runtime) => runtime === "bun" || runtime === "deno").flatMap((runtime) =>
      checkouts.map(([name, root]): Group => ({
        name: rowName(runtime, { name }),
        base: unobservedOf(runtime, name),
        gateways: [gatewayOf(runtime, "gateway", root)],
      }))
    ),
  }
}
