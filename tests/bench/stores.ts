/**
 * `npm run bench:stores -- [rounds] [takes] [store]`: what a shared store holds to, and what it costs: a Redis, a file, Durable
 * Objects, a Postgres that waits for its disk. Needs redis-server and postgres.
 *
 * 1. 4 processes, 500 takes of each at once, a limit of 100: how many pass, over many rounds; alone if only takes are asked
 *    for, and of one store if its name is given.
 * 2. 8 processes, 400 streams at once of $0.01, a budget of $1.00 that reserves: what is spent, also with an outage.
 * 3. What asking a limit takes on loopback: one rule, and ten.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import process from "node:process"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { makeLimits } from "../../lib/limit/Limits.ts"
import { findSqlite } from "../../lib/runtime/sqlite.ts"
import { makeSqliteStore } from "../../lib/store/sqlite/sqlite-store.ts"
import { objectEngine } from "../../lib/runtime/cloudflare/object-engine.ts"
import { openPostgresCounts } from "../../lib/runtime/postgres-engine.ts"
import { makeTcpLink } from "../../lib/runtime/redis-connection.ts"
import { makeRedisStore } from "../../lib/store/redis/make-redis-store.ts"
import { makeRestLink } from "../../lib/store/redis/rest-link.ts"
import { makeRemoteStore } from "../../lib/store/remote-store.ts"
import { startRuntimeTimer } from "../../lib/time/Timer.ts"
import { startPostgres } from "../support/postgres-server.ts"
import { startRedis } from "../support/redis-server.ts"
import { startRestSimulator } from "../support/rest-simulator.ts"
import { namespaceAt, startObjects } from "../support/workerd-objects.ts"

/** What a process is told to do. */
interface Order {
  /** Of a Redis, of the door of Durable Objects if it begins with `objects:`, or the path of a file. */
  readonly url: string
  readonly token?: string
  readonly kind: "takes" | "streams" | "latency"
  readonly name: string
  readonly count: number
  readonly outage: "refuse" | "local"
  readonly deadline: number
}

const clock = { now: () => performance.now(), wall: () => Date.now() }
const subject = { gateway: "bench/bench", key: "k", model: "m", provider: "baseten", metadata: {} }
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const rate = (id: string, limit: number) =>
  ({ id, limit, interval: 86_400, technique: "fixed", unit: "requests", per: [] }) as const

const objectScheme = "objects:"
const stores = new Map<string, Pick<ReturnType<typeof makeRedisStore>, "store">>()
const storeOf = ({ url, token, deadline }: Order) => {
  const key = `${url} ${deadline}`
  const known = stores.get(key)
  if (known !== undefined) return known
  if (url.startsWith(objectScheme)) {
    const engine = objectEngine(namespaceAt(url.slice(objectScheme.length)), clock.wall)
    const made = makeRemoteStore({
      engine,
      clock,
      startTimer: startRuntimeTimer,
      deadline,
      hasBackground: false,
    })
    stores.set(key, made)
    return made
  }
  if (url.startsWith("postgres:")) {
    const engine = openPostgresCounts(url, "postgres", clock.wall)
    const made = makeRemoteStore({ engine, clock, startTimer: startRuntimeTimer, deadline })
    stores.set(key, made)
    return made
  }
  if (!url.includes("://")) {
    const opened = makeSqliteStore(findSqlite, url, clock, (retry) => void setTimeout(retry, 100), {
      shares: true,
    })
    const made = { store: opened.store }
    stores.set(key, made)
    return made
  }
  const link = token === undefined ? makeTcpLink(url) : makeRestLink({ url, token: Redacted.make(token) })
  const made = makeRedisStore({ link, clock, startTimer: startRuntimeTimer, deadline })
  stores.set(key, made)
  return made
}

/** How many pass, what was spent, or how long each took. */
const work = async (order: Order): Promise<ReadonlyArray<number>> => {
  const { kind, name, count, outage } = order
  const { store } = storeOf(order)
  const limits = makeLimits(store, clock)
  if (kind === "takes") {
    const all = Array.from(
      { length: count },
      async () => Result.isSuccess(await limits.acquire([rate(name, 100)], subject, outage)),
    )
    return [(await Promise.all(all)).filter(Boolean).length]
  }
  if (kind === "latency") {
    const rules = Array.from({ length: Number(name) }, (_, index) => rate(`latency-${index}`, 1e12))
    const took: Array<number> = []
    for (let index = 0; index < count; index++) {
      const began = performance.now()
      await limits.acquire(rules, subject, outage)
      took.push(performance.now() - began)
    }
    return took
  }
  const spend = {
    enabled: true,
    reserve: true,
    rules: [
      { id: name, limit: 1, limitType: "cost", window: "month", technique: "fixed", enabled: true } as const,
    ],
  }
  const streams = Array.from({ length: count }, async (_, index) => {
    await pause(20 * (index % 25))
    const call = await limits.admit({
      rules: [],
      subject,
      budgets: [{ limits: spend, subject }],
      expected: 0.01,
      worst: 0.01,
      lease: { id: crypto.randomUUID(), ttl: 60_000 },
      outage,
    })
    if (Result.isFailure(call)) return 0
    await pause(100)
    await call.success.settle(0, 0.01)
    return 1
  })
  return [(await Promise.all(streams)).reduce<number>((sum, each) => sum + each, 0)]
}

const child = async (): Promise<void> => {
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order
    await storeOf(order).store.health?.()
    console.log(JSON.stringify(await work(order)))
  }
  process.exit()
}

/** Processes that wait for orders. */
const startChildren = (count: number) => {
  const children = Array.from({ length: count }, () => {
    const one = spawn("node_modules/.bin/bun", ["tests/bench/stores.ts", "child"], {
      stdio: ["pipe", "pipe", "ignore"],
    })
    const lines = createInterface({ input: one.stdout })[Symbol.asyncIterator]()
    return {
      ask: async (order: Order): Promise<ReadonlyArray<number>> => {
        one.stdin.write(`${JSON.stringify(order)}\n`)
        return JSON.parse(String((await lines.next()).value)) as ReadonlyArray<number>
      },
      end: () => one.stdin.end(),
    }
  })
  return {
    all: (order: Order) => Promise.all(children.map(({ ask }) => ask(order))),
    end: () => children.forEach(({ end }) => end()),
  }
}

const sumOf = (answers: ReadonlyArray<ReadonlyArray<number>>) =>
  answers.reduce((sum, [each = 0]) => sum + each, 0)
const quantile = (sorted: ReadonlyArray<number>, part: number) =>
  (sorted[Math.floor(part * sorted.length)] ?? 0).toFixed(3)

/** How many takes each process makes at once. */
const takes = 500

const main = async (): Promise<void> => {
  const rounds = Number(process.argv[2] ?? 100)
  const objects = await startObjects()
  const redis = await startRedis()
  const postgres = await startPostgres([])
  const database = await postgres.newDatabase()
  const rest = await startRestSimulator(makeTcpLink(redis.url))
  // 2,000 at once are more than any one call would wait for.
  const patient = { outage: "refuse", deadline: 120_000 } as const
  const folder = mkdtempSync(join(tmpdir(), "basegate-bench-"))
  const file = { url: join(folder, "limits.db") }
  const places = {
    SQLite: file,
    "Redis TCP": { url: redis.url },
    "Redis HTTP": { url: rest.url, token: rest.token },
    Postgres: { url: database },
    "Durable Objects": { url: objectScheme + objects.url },
  }
  const end = async (): Promise<void> => {
    await rest.close()
    await redis.kill()
    await postgres.close()
    await objects.end()
    rmSync(folder, { recursive: true, force: true })
  }
  const only = process.argv[4]
  if (only !== undefined && !(only in places)) {
    await end()
    throw new Error(`there is no store ${only}, but ${Object.keys(places).join(", ")}`)
  }

  // The file is made by the first process of several, before the others.
  const first = startChildren(1)
  await first.all({ ...file, ...patient, kind: "takes", name: "first", count: 1 })
  first.end()
  const four = startChildren(4)
  for (const [what, place] of Object.entries(places)) {
    if (only !== undefined && only !== what) continue
    const passed = new Map<number, number>()
    const began = performance.now()
    for (let round = 0; round < rounds; round++) {
      const order: Order = { ...place, ...patient, kind: "takes", name: crypto.randomUUID(), count: takes }
      const sum = sumOf(await four.all(order))
      passed.set(sum, (passed.get(sum) ?? 0) + 1)
    }
    console.log(
      `1. ${what}: of 4 × ${takes} takes, passed × rounds:`,
      Object.fromEntries(passed),
      `${((performance.now() - began) / rounds).toFixed()} ms a round`,
    )
  }
  if (process.argv[3] === "takes") {
    four.end()
    return await end()
  }
  for (
    const [what, url] of [["Redis TCP", redis.url], ["SQLite", file.url], ["Postgres", database]] as const
  ) {
    for (const rules of [1, 10]) {
      const took = await startLatency({ url, ...patient, kind: "latency", name: `${rules}`, count: 5000 })
      const sorted = [...took].sort((one, other) => one - other)
      console.log(
        `3. ${what}, ${rules} rules: p50 ${quantile(sorted, 0.5)} ms, p99 ${quantile(sorted, 0.99)} ms`,
      )
    }
  }
  four.end()

  const eight = startChildren(8)
  const spent = async (order: Order, during: () => Promise<void> = () => Promise.resolve()) => {
    const [answers] = await Promise.all([eight.all(order), during()])
    return sumOf(answers) / 100
  }
  const streams = { url: redis.url, kind: "streams", count: 50 } as const
  const name = () => crypto.randomUUID()
  console.log("2. without an outage: $", await spent({ ...streams, ...patient, name: name() }))
  console.log("2. SQLite: $", await spent({ ...streams, ...patient, ...file, name: name() }))
  console.log("2. Postgres: $", await spent({ ...streams, ...patient, url: database, name: name() }))
  for (const outage of ["refuse", "local"] as const) {
    const order: Order = { ...streams, name: name(), outage, deadline: 200 }
    const total = await spent(order, async () => {
      await pause(150)
      redis.freeze()
      await pause(700)
      redis.thaw()
    })
    console.log(`2. ${outage}, frozen for 0.7 s: $`, total)
  }
  eight.end()
  await end()
}

const startLatency = async (order: Order): Promise<ReadonlyArray<number>> => {
  const one = startChildren(1)
  try {
    await one.all({ ...order, count: 500 })
    return (await one.all(order))[0] ?? []
  } finally {
    one.end()
  }
}

await (process.argv[2] === "child" ? child() : main())
