/** The stores that the cases are run against. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import * as Redacted from "effect/Redacted"
import { openPostgresCounts } from "../../../lib/runtime/postgres-engine.ts"
import { makeTcpLink } from "../../../lib/runtime/redis-connection.ts"
import { findSqlite } from "../../../lib/runtime/sqlite.ts"
import type { RedisLink } from "../../../lib/store/redis/redis-link.ts"
import { makeRedisStore } from "../../../lib/store/redis/make-redis-store.ts"
import { makeRemoteStore } from "../../../lib/store/remote-store.ts"
import { makeRestLink } from "../../../lib/store/redis/rest-link.ts"
import { makeSqliteStore } from "../../../lib/store/sqlite/sqlite-store.ts"
import { storeInMemory } from "../../../lib/store/Store.ts"
import { startRuntimeTimer } from "../../../lib/time/Timer.ts"
import type { Case } from "../../support/sqlite-cases.ts"
import { casesOf, type Layer } from "./cases.ts"

const clockOf = (skew: number) => ({ now: () => performance.now(), wall: () => Date.now() + skew })

const memory: Layer = {
  open: (skew) => ({ store: storeInMemory(clockOf(skew)), end: () => Promise.resolve() }),
}

const ofFile = (folder: string, shares: boolean): Layer => ({
  open: (skew) => {
    const { store, end } = makeSqliteStore(
      findSqlite,
      join(folder, "gateway.db"),
      clockOf(skew),
      (retry) => void setTimeout(retry, 10),
      { shares },
    )
    return { store, end: () => Promise.resolve(end()) }
  },
})

/** A machine that is busy with other tests answers late. */
const patience = 10_000

const ofLink = (makeLink: () => RedisLink): Layer => ({
  open: (skew) =>
    makeRedisStore({
      link: makeLink(),
      clock: clockOf(skew),
      startTimer: startRuntimeTimer,
      deadline: patience,
    }),
})

const {
  TEST_POSTGRES_URL: postgres = "",
  TEST_REDIS_URL: redis = "",
  TEST_REST_URL: rest = "",
  TEST_REST_TOKEN: token = "",
} = process.env

const named = (
  layer: string,
  cases: Readonly<Record<string, Case>>,
): ReadonlyArray<readonly [string, Case]> =>
  Object.entries(cases).map(([name, run]) => [`${layer}: ${name}`, run])

/** The layers by name. */
export const layers = ["memory", "file", "shared file", "redis", "rest", "postgres"] as const
/** One of them. */
export type LayerName = typeof layers[number]

/** The cases of some layers. */
export const casesOfLayers = (chosen: ReadonlyArray<LayerName>): Readonly<Record<string, Case>> => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-stores-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  const all: Readonly<Record<LayerName, Layer>> = {
    memory,
    file: ofFile(folder, false),
    "shared file": ofFile(folder, true),
    redis: ofLink(() => makeTcpLink(redis)),
    postgres: {
      open: (skew) => {
        const clock = clockOf(skew)
        return makeRemoteStore({
          engine: openPostgresCounts(postgres, "postgres://test", clock.wall),
          clock,
          startTimer: startRuntimeTimer,
          deadline: patience,
        })
      },
      keepsValues: true,
    },
    rest: ofLink(() => makeRestLink({ url: rest, token: Redacted.make(token) })),
  }
  return Object.fromEntries(chosen.flatMap((name) => named(name, casesOf(all[name]))))
}
