/** What every store has to do, as far as it declares: run against each of them. */
import assert from "node:assert/strict"
import type { Charge, Counted, Take, Taken } from "../../../lib/store/counted.ts"
import type { StoreShape } from "../../../lib/store/Store.ts"
import { periodsOf } from "../../../lib/store/windows.ts"
import { eventually } from "../../contract/harness.ts"
import type { Case } from "../../support/sqlite-cases.ts"

/** One instance of a gateway, with the store that it would have. */
export interface Instance {
  readonly store: StoreShape
  readonly end: () => Promise<void>
}

/** Opens stores: all that it opens for one case share what their guarantee says they do. */
export interface Layer {
  /** @param skew how far its clock is ahead, in milliseconds */
  readonly open: (skew: number) => Instance
  /** Values stay in the process of each, whoever counts together. */
  readonly keepsValues?: true
}

const gateway = "account/gateway"
let names = 0
const newName = (): string => `${crypto.randomUUID()}-${++names}`

type Shape = {
  readonly limit?: number
  readonly technique?: "fixed" | "sliding"
  readonly length?: number | "month"
}

const windowOf = ({ limit = 100, technique = "fixed", length = 86_400 }: Shape) => ({
  limit,
  technique,
  periods: periodsOf(length, "UTC"),
})

/** A rate; its window is so long that hardly any run of the case meets its end. */
const rate = (shape: Shape = {}, name = newName()): Counted => ({
  count: { gateway, name, overflow: undefined, spend: undefined },
  window: windowOf(shape),
})

/** A budget that reserves, or the part of it that somebody has. */
const budget = (shape: Shape = {}, rule = newName(), user?: string): Counted => ({
  count: {
    gateway,
    name: user === undefined ? rule : `${rule}/${user}`,
    overflow: rule,
    spend: { rule, partition: () => user === undefined ? [] : ["metadata.user", user] },
  },
  window: windowOf({ length: "month", ...shape }),
  reserves: true,
})

const wants = (counted: Counted, { by = 0, holds = 0, ahead = 0 } = {}): Take => ({
  counted,
  by,
  holds,
  ahead,
})
const one = (counted: Counted): Take => wants(counted, { by: 1 })
const charges = (by: number, ...counted: ReadonlyArray<Counted>): ReadonlyArray<Charge> =>
  counted.map((each) => ({ counted: each, by }))

const taken = async (answer: ReturnType<StoreShape["take"]>): Promise<Taken> => {
  const given = await answer
  assert.ok("uses" in given, JSON.stringify(given))
  return given
}
const passes = async ({ store }: Instance, takes: ReadonlyArray<Take>, lease?: string, ttl = 60_000) =>
  (await taken(store.take(takes, lease === undefined ? undefined : { id: lease, ttl }))).passed
const used = async ({ store }: Instance, counted: Counted) => {
  const { uses: [use = assert.fail()] } = await taken(store.peek([counted]))
  return use
}

/** The cases of a layer. */
export const casesOf = ({ open, keepsValues }: Layer): Readonly<Record<string, Case>> => {
  /** Runs a case with instances whose clocks differ by so much. */
  const withInstances =
    (skews: ReadonlyArray<number>, run: (...all: ReadonlyArray<Instance>) => Promise<void>) => async () => {
      const instances = skews.map(open)
      try {
        await run(...instances)
      } finally {
        for (const { end } of instances) await end()
      }
    }
  const alone = (run: (instance: Instance) => Promise<void>) =>
    withInstances([0], (instance = assert.fail()) => run(instance))
  /** As many instances as the guarantee is about: one where it is about one process. */
  const together = (
    of: "rates" | "reserved",
    run: (...all: ReadonlyArray<Instance>) => Promise<void>,
  ) =>
  async () => {
    const probe = open(0)
    const { among } = probe.store.guarantees[of]
    await probe.end()
    // Only a store has a clock of its own.
    const skews = among === "store" ? [0, 3_600_000, -3_600_000] : among === "file" ? [0, 0, 0] : [0]
    await withInstances(skews, run)()
  }

  /** As many instances as share values: all that share counts of rates. */
  const values = (run: (...all: ReadonlyArray<Instance>) => Promise<void>) =>
    keepsValues === true ? withInstances([0], run) : together("rates", run)

  return {
    "of many takes at once as many pass as there is room for, and no more": together(
      "rates",
      async (...all) => {
        for (const technique of ["fixed", "sliding"] as const) {
          const counted = rate({ limit: 100, technique })
          const answers = await Promise.all(
            Array.from(
              { length: 400 },
              (_, index) => passes(all[index % all.length] as Instance, [one(counted)]),
            ),
          )
          assert.equal(answers.filter(Boolean).length, 100, technique)
          for (const each of all) {
            assert.equal((await used(each, counted)).current, 100)
          }
        }
      },
    ),

    "all counts are taken from, or none": alone(async (instance) => {
      const [wide, narrow] = [rate({ limit: 5 }), rate({ limit: 1 })]
      assert.equal(await passes(instance, [one(wide), one(narrow)]), true)
      for (const order of [[wide, narrow], [narrow, wide]]) {
        assert.equal(await passes(instance, order.map(one)), false)
      }
      assert.deepEqual([(await used(instance, wide)).current, (await used(instance, narrow)).current], [1, 1])
      const full = budget({ limit: 1 })
      await instance.store.charge(charges(1, full))
      assert.equal(await passes(instance, [wants(full), one(wide)]), false)
      assert.equal((await used(instance, wide)).current, 1)
    }),

    "what is ahead of a take fills its window as well, for that take alone": alone(async (instance) => {
      const counted = budget({ limit: 10 })
      assert.equal(await passes(instance, [wants(counted, { ahead: 9 })]), true)
      assert.equal(await passes(instance, [wants(counted, { ahead: 10 })]), false)
      assert.equal(await passes(instance, [wants(counted)]), true)
    }),

    "charges add up in whole numbers, for every count, as far as numbers go": alone(async (instance) => {
      const [first, second, tokens] = [budget({ limit: 9e15 }), budget(), rate()]
      await instance.store.charge([...charges(9_007_199_254_740_000, first), ...charges(3, second, tokens)])
      await instance.store.charge(charges(900, first))
      await instance.store.charge(charges(0, second))
      await instance.store.charge([])
      const sums = [first, second, tokens].map(async (each) => (await used(instance, each)).current)
      assert.deepEqual(await Promise.all(sums), [9_007_199_254_740_900, 3, 3])
    }),

    "a window ends, and a sliding one lets go bit by bit": alone(async (instance) => {
      const [fixed, sliding] = [
        rate({ limit: 2, length: 1 }),
        rate({ limit: 2, length: 1, technique: "sliding" }),
      ]
      const current = () => fixed.window.periods.at(instance.store.now())
      // Counted and refused in one period, which may end in between.
      let { id, end } = current()
      for (let tries = 0;; tries++) {
        await instance.store.charge(charges(2, fixed, sliding))
        const passed = await passes(instance, [one(fixed)])
        const before = id
        ;({ id, end } = current())
        if (id !== before && tries < 20) continue
        assert.equal(passed, false)
        break
      }
      const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
      for (;;) {
        // The engine's clock is known to some milliseconds.
        const isOver = instance.store.now() > end + 200
        if (await passes(instance, [one(fixed)])) break
        assert.ok(!isOver, "it holds on after its end")
        await pause()
      }
      for (let tries = 0; !await passes(instance, [one(sliding)]); tries++) {
        assert.ok(tries < 500)
        await pause()
      }
    }),

    "what a lease holds fills a budget, for all who count with it, until it is settled with what it cost":
      together(
        "reserved",
        async (...all) => {
          const [one = assert.fail(), other = one] = all
          const counted = budget({ limit: 100 })
          const [first, second, third] = [newName(), newName(), newName()]
          assert.equal(await passes(one, [wants(counted, { holds: 40 })], first), true)
          assert.equal(await passes(other, [wants(counted, { holds: 40 })], second), true)
          assert.equal(await passes(other, [wants(counted, { holds: 40 })], third), false)
          assert.deepEqual(await used(one, counted), { previous: 0, current: 0, held: 80 })
          // Again under a lease that holds: it holds no more.
          assert.equal(await passes(one, [wants(counted, { holds: 40 })], first), true)
          await one.store.settle(first, charges(25, counted))
          await one.store.settle(first, charges(25, counted))
          await other.store.settle(first, charges(25, counted))
          assert.deepEqual(await used(other, counted), { previous: 0, current: 25, held: 40 })
          await other.store.settle(second, charges(0, counted))
          assert.deepEqual(await used(one, counted), { previous: 0, current: 25, held: 0 })
          assert.equal(await passes(one, [wants(counted, { holds: 75 })], third), true)
          assert.equal(await passes(one, [wants(counted)]), false)
        },
      ),

    "a lease expires, and what it cost counts all the same, once": alone(async (instance) => {
      const counted = budget({ limit: 100 })
      const [late, next] = [newName(), newName()]
      assert.equal(await passes(instance, [wants(counted, { holds: 90 })], late, 300), true)
      assert.equal(await passes(instance, [wants(counted, { holds: 90 })], next), false)
      await new Promise((resolve) => setTimeout(resolve, 400))
      assert.equal(await passes(instance, [wants(counted, { holds: 90 })], next), true)
      await instance.store.settle(late, charges(30, counted))
      await instance.store.settle(late, charges(30, counted))
      assert.deepEqual(await used(instance, counted), { previous: 0, current: 30, held: 90 })
      await instance.store.settle(next, charges(50, counted))
      assert.deepEqual(await used(instance, counted), { previous: 0, current: 80, held: 0 })
    }),

    "of many reservations at once none is more than what is left, and nothing is overspent": together(
      "reserved",
      async (...all) => {
        const counted = budget({ limit: 1000 })
        const leases = Array.from({ length: 120 }, newName)
        const admitted = await Promise.all(leases.map(async (lease, index) => {
          const instance = all[index % all.length] as Instance
          if (!await passes(instance, [wants(counted, { holds: 25 })], lease)) return 0
          await instance.store.settle(lease, charges(20, counted))
          return 20
        }))
        const spent = admitted.reduce<number>((sum, cost) => sum + cost, 0)
        const { current, held } = await used(all[0] as Instance, counted)
        assert.deepEqual([current, held], [spent, 0])
        assert.ok(spent <= 1000 && spent >= 800, `${spent}`)
      },
    ),

    "the parts of a budget count for themselves, and are listed, the most spent first": together(
      "reserved",
      async (...all) => {
        const [instance = assert.fail(), other = instance] = all
        const rule = newName()
        const of = (user: string) => budget({ limit: 10 }, rule, user)
        await instance.store.charge(charges(3, of("ann")))
        await other.store.charge(charges(10, of("bob")))
        await instance.store.charge(charges(1, of("ann")))
        assert.equal(await passes(instance, [wants(of("bob"))]), false)
        assert.equal(await passes(other, [wants(of("ann"), { holds: 6 })], newName()), true)
        const { id: period } = of("ann").window.periods.at(instance.store.now())
        const listed = await instance.store.spent?.({ gateway, rule, period, carried: 0, most: 10 })
        assert.deepEqual(listed, {
          total: 2,
          spent: [
            { partition: ["metadata.user", "bob"], previous: 0, current: 10 },
            { partition: ["metadata.user", "ann"], previous: 0, current: 4 },
          ],
        })
        const next = await instance.store.spent?.({
          gateway,
          rule,
          period: period + 1,
          carried: 0.5,
          most: 1,
        })
        assert.deepEqual(next, {
          total: 2,
          spent: [{ partition: ["metadata.user", "bob"], previous: 10, current: 0 }],
        })
        assert.deepEqual(
          await instance.store.spent?.({ gateway, rule: newName(), period, carried: 0, most: 1 }),
          { total: 0, spent: [] },
        )
      },
    ),

    "what is to be done once is done by the first of all who ask, until it is forgotten": together(
      "reserved",
      async (...all) => {
        const first = async (key: string, ttl: number) => {
          const askers = Array.from({ length: 12 }, (_, index) => all[index % all.length] as Instance)
          const answers = await Promise.all(askers.map(({ store }) => store.once(key, ttl)))
          return answers.filter(Boolean).length
        }
        const lasting = newName()
        assert.deepEqual([await first(lasting, 60_000), await first(lasting, 60_000)], [1, 0])
        let passing = ""
        for (let took = Infinity; took >= 1000;) {
          passing = newName()
          const began = performance.now()
          const count = await first(passing, 1000)
          took = performance.now() - began
          // On a busy machine it may be forgotten before the last has asked.
          if (took < 1000) assert.equal(count, 1)
        }
        await new Promise((resolve) => setTimeout(resolve, 1100))
        assert.deepEqual([await first(passing, 60_000), await first(lasting, 60_000)], [1, 0])
      },
    ),

    "values are kept for as long as they may be, for all who share them": values(async (...all) => {
      const [one = assert.fail(), other = one] = all.map(({ store }) => store)
      const key = `cache:${newName()}a`
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256)
      assert.equal(await one.get(key), undefined)
      await one.set(key, bytes, 60_000)
      assert.deepEqual(await one.get(key), bytes)
      assert.deepEqual(await other.get(key), bytes)
      await other.set(key, new Uint8Array([1, 255, 0]), 300)
      assert.deepEqual(await one.get(key), new Uint8Array([1, 255, 0]))
      assert.equal(await one.get(`${key}b`), undefined)
      let value: unknown
      const look = async () => {
        value = await one.get(key)
      }
      await eventually("it expires", () => (void look(), value === undefined), 2000)
      // One that is too large for others is kept here.
      const large = new Uint8Array(2_000_000).fill(7)
      await one.set(`${key}c`, large, 60_000)
      assert.equal((await one.get(`${key}c`))?.byteLength, 2_000_000)
    }),

    "values leave room for others": values(async (...all) => {
      const [one = assert.fail(), other = one] = all.map(({ store }) => store)
      const bytes = new Uint8Array(1_000_000).fill(1)
      // All in one part: with their base64 only twelve of these fit into it.
      const keys = Array.from({ length: 20 }, () => `cache:${newName()}f`)
      for (const [index, key] of keys.entries()) await one.set(key, bytes, 60_000 + index)
      assert.notEqual(await other.get(keys[19] ?? ""), undefined)
      const kept = await Promise.all(keys.map(async (key) => await other.get(key) !== undefined))
      assert.ok(kept.filter(Boolean).length >= 8)
    }),
  }
}
