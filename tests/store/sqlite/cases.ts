/** The store whose counters of money are in a file. */
import assert from "node:assert/strict"
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Addition } from "../../../lib/store/counter.ts"
import { makeSqliteStore } from "../../../lib/store/sqlite/sqlite-store.ts"
import type { StoreHealth } from "../../../lib/store/Store.ts"
import { type Case, inFolder, open, warningsOf } from "../../support/sqlite-cases.ts"
import { virtualClock } from "../../support/virtual-clock.ts"

const gateway = "a/g"

/** An addition to what somebody, or all together, have spent by a rule, in a period that ends a second after it began. */
const money = (
  by: number,
  user?: string,
  { rule = user === undefined ? "all" : "r", period = 0, ttl = 1000 } = {},
): Addition => {
  const overflow = `${rule}:${period}`
  const partition = () => user === undefined ? [] : ["metadata.user", user]
  const key = user === undefined ? overflow : `${rule} ${user}:${period}`
  return { counter: { gateway, key, overflow, spend: { rule, period, partition } }, by, ttl }
}

/** A store of a file in virtual time, as a process of its own would have it. */
const process = (file: string, { maxCounters = 100, opener = open, find = () => opener } = {}) => {
  const clock = virtualClock()
  const retries: Array<() => void> = []
  const { store, counters, end } = makeSqliteStore(find, file, clock, (retry) => void retries.push(retry), {
    maxCounters,
  })
  const add = (...additions: ReadonlyArray<Addition>) => counters.add(additions, clock.wall())
  return {
    ...store,
    add,
    end,
    pass: clock.pass,
    read: (user?: string, of = {}) => add(money(0, user, of))[0],
    retry: () => {
      for (const each of retries.splice(0)) each()
    },
    list: (of: object = {}) => {
      const query = { gateway, rule: "r", period: 0, carried: 0, most: 10, ...of }
      const { total, spent } = store.spent?.(query) as { total: number; spent: ReadonlyArray<object> }
      return [total, spent]
    },
    waiting: () => retries.length,
  }
}

const rowsIn = (file: string): number => {
  const database = open(file)
  try {
    return Number(database.prepare("SELECT count(*) AS rows FROM spend").get()?.["rows"])
  } finally {
    database.close()
  }
}

const failed = "spending is kept in memory until the file can be used"
const worked = "spending is written to the file again"

export const cases: Readonly<Record<string, Case>> = {
  "sums outlive the process, though nothing ended it in order": () =>
    inFolder((folder) => {
      const file = join(folder, "gateway.db")
      const first = process(file)
      assert.deepEqual(first.add(money(5), money(1, "ann")), [5, 1])
      assert.deepEqual(first.add(money(2), money(0, "ann")), [7, 1])
      const second = process(file)
      assert.deepEqual([second.read(), second.read("ann"), second.read("bob")], [7, 1, 0])
      assert.deepEqual(second.health?.(), { healthy: true, hasWorked: true })
      first.end()
      second.end()
    }),

  "processes on one file see each other's additions, each of them once": () =>
    inFolder((folder) => {
      const file = join(folder, "gateway.db")
      const processes = [process(file), process(file), process(file)]
      for (let round = 1; round <= 100; round++) {
        for (const { add } of processes) add(money(1), money(1, `user-${round % 7}`))
        for (const { read } of processes) assert.equal(read(), 3 * round)
      }
      const [one] = processes
      assert.equal(one?.list()[0], 7)
      for (const { end } of processes) end()
    }),

  "sums are whole numbers as far as numbers go, and stop there": () =>
    inFolder((folder) => {
      const { add, read, end } = process(join(folder, "gateway.db"))
      add(money(9_007_199_254_740_000))
      add(money(900))
      assert.equal(read(), 9_007_199_254_740_900)
      add(money(9_000_000_000_000_000))
      assert.equal(read(), Number.MAX_SAFE_INTEGER)
      for (let index = 0; index < 1000; index++) add(money(1, "ann"))
      assert.equal(read("ann"), 1000)
      end()
    }),

  "a file is made for money alone, and only when some is counted": () =>
    inFolder((folder) => {
      const file = join(folder, "gateway.db")
      const { add, get, set, read, end } = process(file)
      const rate = { counter: { gateway, key: "rate", overflow: "rate" }, by: 1, ttl: 1000 }
      assert.deepEqual([add(rate), add(rate)], [[1], [2]])
      set("key", new Uint8Array([1]), 1000)
      assert.deepEqual(get("key"), new Uint8Array([1]))
      assert.ok(!existsSync(file))
      assert.equal(read(), 0)
      assert.ok(existsSync(file))
      add(money(1))
      assert.equal(rowsIn(file), 1)
      end()
    }),

  "rows of periods that have ended leave as others come": () =>
    inFolder((folder) => {
      const file = join(folder, "gateway.db")
      const { add, pass, end } = process(file, { maxCounters: 1000 })
      for (let period = 0; period < 50; period++) {
        for (let user = 0; user < 10; user++) add(money(1, `${user}`, { period }))
        pass(1000)
      }
      assert.equal(rowsIn(file), 10)
      end()
    }),

  "what finds no room shares a counter of its rule, which stands for all newcomers": () =>
    inFolder((folder) => {
      const { add, read, list, end } = process(join(folder, "gateway.db"), { maxCounters: 2 })
      add(money(1, "ann"))
      add(money(2, "bob"))
      assert.deepEqual(add(money(5, "eve")), [5])
      assert.deepEqual(add(money(3, "mal")), [8])
      assert.deepEqual(["ann", "bob", "eve", "mal", "new"].map((user) => read(user)), [1, 2, 8, 8, 8])
      assert.equal(read("new", { rule: "other" }), 0)
      assert.deepEqual(list(), [3, [
        { partition: undefined, previous: 0, current: 8 },
        { partition: ["metadata.user", "bob"], previous: 0, current: 2 },
        { partition: ["metadata.user", "ann"], previous: 0, current: 1 },
      ]])
      end()
    }),

  "lists have the most spent first, of one period or of two": () =>
    inFolder((folder) => {
      const { add, list, end } = process(join(folder, "gateway.db"))
      add(money(6, "ann", { period: 0 }), money(1, "ann", { period: 1 }), money(3, "bob", { period: 1 }))
      add(
        money(9, "eve", { period: 0 }),
        money(99, "old", { period: -1 }),
        money(7, undefined, { rule: "s", period: 1 }),
      )
      const of = (user: string, previous: number, current: number) => ({
        partition: ["metadata.user", user],
        previous,
        current,
      })
      assert.deepEqual(list({ period: 1 }), [2, [of("bob", 0, 3), of("ann", 0, 1)]])
      assert.deepEqual(list({ period: 1, most: 1 }), [2, [of("bob", 0, 3)]])
      assert.deepEqual(list({ period: 1, carried: 0.5 }), [3, [
        of("eve", 9, 0),
        of("ann", 6, 1),
        of("bob", 0, 3),
      ]])
      assert.deepEqual(list({ period: 1, carried: 0.5, most: 2 })[0], 3)
      assert.deepEqual(list({ rule: "s", period: 1 }), [1, [{ partition: [], previous: 0, current: 7 }]])
      assert.deepEqual(list({ rule: "none" }), [0, []])
      end()
    }),

  "while the file is locked its sums go on to count, and what is spent meanwhile is added once it can be":
    () =>
      inFolder(async (folder) => {
        const file = join(folder, "gateway.db")
        const one = process(file)
        one.add(money(5), money(1, "ann"))
        const other = open(file)
        const warnings = await warningsOf(() => {
          other.exec("BEGIN EXCLUSIVE")
          for (let index = 0; index < 4; index++) one.add(money(1), money(1, "bob"))
          assert.deepEqual([one.read(), one.read("ann"), one.read("bob")], [9, 1, 4])
          assert.deepEqual(one.health?.(), { healthy: false, hasWorked: true })
          assert.equal(one.waiting(), 1)
          other.exec("ROLLBACK")
          one.retry()
          assert.equal((one.health?.() as StoreHealth).healthy, false, "it is left alone for a while")
          one.pass(5000)
          const late = { period: 0, ttl: 10_000 }
          assert.deepEqual(one.add(money(1, "eve", late)), [1])
        })
        assert.deepEqual(warnings.map(({ msg }) => msg), [failed, worked])
        assert.equal(warnings[0]?.["file"], file)
        assert.deepEqual(one.health?.(), { healthy: true, hasWorked: true })
        other.close()
        one.end()
      }),

  "what a lock of a moment kept out is written by itself, and by the end": () =>
    inFolder(async (folder) => {
      const file = join(folder, "gateway.db")
      const one = process(file)
      one.add(money(1))
      const other = open(file)
      const warnings = await warningsOf(() => {
        other.exec("BEGIN IMMEDIATE")
        assert.deepEqual(one.add(money(1)), [2])
        other.exec("ROLLBACK")
        one.retry()
        const second = process(file)
        assert.equal(second.read(), 2)
        other.exec("BEGIN IMMEDIATE")
        one.add(money(1))
        other.exec("ROLLBACK")
        one.end()
        assert.equal(second.read(), 3)
        second.end()
      })
      assert.deepEqual(warnings, [])
      other.close()
    }),

  "a file that cannot be opened leaves what was spent in memory, bounded, warned about once": () =>
    inFolder(async (folder) => {
      const file = join(folder, "folder.db")
      mkdirSync(file)
      const warnings = await warningsOf(() => {
        const { add, read, pass, list, health, end } = process(file, { maxCounters: 3 })
        for (let index = 0; index < 50; index++) {
          add(money(1, `user-${index}`, { ttl: 1e9 }))
          pass(1000)
        }
        assert.deepEqual([read("user-0", { ttl: 1e9 }), read("user-49", { ttl: 1e9 })], [1, 47])
        assert.equal(list()[0], 4)
        assert.deepEqual(health?.(), { healthy: false, hasWorked: false })
        end()
      })
      assert.deepEqual(warnings.map(({ msg }) => msg), [
        failed,
        "spending is lost: its file cannot be used",
      ])
      assert.ok(Number(warnings[1]?.["counters"]) <= 4)
    }),

  "another program's file is left as it is": () =>
    inFolder(async (folder) => {
      const file = join(folder, "other.db")
      const database = open(file)
      database.exec("CREATE TABLE spend (name TEXT)")
      database.close()
      const warnings = await warningsOf(() => {
        const { add, end } = process(file)
        assert.deepEqual(add(money(3)), [3])
        end()
      })
      assert.equal(warnings[0]?.["msg"], failed)
      assert.equal(rowsIn(file), 0)
    }),

  "a runtime without SQLite counts in memory, and says so once": async () => {
    const warnings = await warningsOf(() => {
      const { add, list, end } = process("never-made.db", { find: () => undefined as never })
      assert.deepEqual([add(money(1)), add(money(1))], [[1], [2]])
      assert.equal(list({ rule: "all" })[0], 1)
      end()
    })
    assert.deepEqual(warnings.map(({ msg }) => String(msg).split(":")[0]), [
      "spending is kept in memory",
    ])
  },
}
