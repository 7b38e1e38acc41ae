/**
 * Durable Objects as the engine of a store: one for each gateway.
 *
 * @module
 */
import type { Charge, Counted } from "../../store/counted.ts"
import type { Engine } from "../../store/engine.ts"
import type { CountsObject, SentCounted } from "./counts-object.ts"
import { type Ask, askObject, type ObjectNamespace, ObjectRefusal } from "./ask-object.ts"

/** @param isNew whether the count may be created, and so needs its partition for people to read */
const sentOf = (
  { count: { gateway, name, overflow, spend }, window: { limit, periods, technique }, reserves }: Counted,
  isNew: boolean,
): SentCounted => ({
  gateway,
  name,
  ...overflow !== undefined && { overflow },
  ...spend !== undefined && { rule: spend.rule },
  ...spend !== undefined && isNew && { partition: spend.partition() },
  limit,
  of: periods.of,
  technique,
  ...reserves === true && { reserves },
})

/** The gateway of counts, which all have the same: rules of one call belong to one gateway. */
const gatewayOf = (counted: ReadonlyArray<{ readonly counted: Counted }>): string =>
  counted[0]?.counted.count.gateway ?? ""

/**
 * The engine. Concurrent questions may be answered in any order: each is a request of its own.
 *
 * @param wall this isolate's clock, by which the objects' is known
 */
export const objectEngine = (namespace: ObjectNamespace, wall: () => number): Engine => {
  let ahead = 0
  const heard = (time: number): void => {
    ahead = time - wall()
  }
  const countsOf = (gateway: string): Ask<CountsObject> => askObject(namespace, "counts", gateway)
  const sentCharges = (charges: ReadonlyArray<Charge>) =>
    charges.map(({ counted, by }) => ({ counted: sentOf(counted, true), by }))
  return {
    name: "BASEGATE_OBJECTS",
    inOrder: false,
    now: () => wall() + ahead,
    take: async (takes, lease) => {
      const sent = takes.map((each) => ({ ...each, counted: sentOf(each.counted, each.by > 0) }))
      const ask = countsOf(gatewayOf(takes))
      const taken = lease === undefined ? await ask("take", sent) : await ask("take", sent, lease)
      heard(taken.now)
      return taken
    },
    settle: async (mark, _, charges) => {
      if (charges.length > 0) heard(await countsOf(gatewayOf(charges))("settle", mark, sentCharges(charges)))
    },
    list: (query) => countsOf(query.gateway)("list", query),
    once: (key, ttl) => countsOf("")("once", key, ttl),
    ping: async () => heard(await countsOf("")("ping")),
    refusal: (cause) => cause instanceof ObjectRefusal ? cause.message.slice(0, 200) : undefined,
    reset: () => {},
    close: () => {},
  }
}
