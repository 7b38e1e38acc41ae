/**
 * How exact counts are, as declared by each store.
 *
 * @module
 */

/** Who counts together, and how exactly. */
export interface Guarantee {
  /** One process, one isolate of Workers, all processes that use one file, or all users of one engine. */
  readonly among: "process" | "isolate" | "file" | "store"
  /**
   * `exact`: no more concurrent requests pass than the limit allows, from any process. `bounded`: budgets without
   * `reserve` are overshot by no more than what calls in flight cost above their expected cost. `best effort`: most
   * processes learn of it within a second or two.
   */
  readonly holds: "exact" | "bounded" | "best effort"
}

/** What a store guarantees of each kind of count. */
export interface Guarantees {
  readonly rates: Guarantee
  readonly budgets: Guarantee
  /** For budgets with `reserve`. */
  readonly reserved: Guarantee
  /** For hints that a circuit has opened, which are kept with cached answers. Optional. */
  readonly hints?: Guarantee
}

/**
 * The same guarantee for all kinds of counts.
 *
 * @param values who shares cached answers
 */
export const guaranteesAmong = (among: Guarantee["among"], values = among): Guarantees => ({
  rates: { among, holds: "exact" },
  budgets: { among, holds: "bounded" },
  reserved: { among, holds: "exact" },
  hints: { among: values, holds: "best effort" },
})

/** For budgets in a file, and for rates as well if processes share a port. */
export const guaranteesOfFile = (shares: boolean): Guarantees => ({
  ...guaranteesAmong("file", shares ? "file" : "process"),
  rates: { among: shares ? "file" : "process", holds: "exact" },
})

/** The name of a guarantee in `RateLimit-Policy`: whether other processes count as well. */
export const scopeOf = ({ among }: Guarantee): "local" | "global" =>
  among === "process" || among === "isolate" ? "local" : "global"

const those: Readonly<Record<Guarantee["among"], string>> = {
  process: "this process alone",
  isolate: "each isolate alone",
  file: "all processes on one file",
  store: "all that share the store",
}

/** A guarantee in words. */
export const guaranteeText = ({ among, holds }: Guarantee): string =>
  holds === "best effort"
    ? `as a hint to ${those[among]}`
    : holds === "exact"
    ? `exact in ${those[among]}`
    : `in ${those[among]}, up to what is under way`
