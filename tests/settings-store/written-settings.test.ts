/** How written settings are read, put in force and changed: over stores that answer at once, later, or not at all. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { settingsWithoutFiles } from "../../lib/config/environment.ts"
import type { Change, Edited } from "../../lib/settings-store/change.ts"
import { withGateway } from "../../lib/settings-store/document.ts"
import { makeMemorySettings } from "../../lib/settings-store/memory-settings.ts"
import { makeSealer } from "../../lib/settings-store/sealing.ts"
import type { SettingsStoreShape } from "../../lib/settings-store/SettingsStore.ts"
import { makeWrittenSettings } from "../../lib/settings-store/make-written-settings.ts"

const later = (milliseconds = 1) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** The same store across a network. */
const slow = (store: SettingsStoreShape): SettingsStoreShape => ({
  ...store,
  load: () => later().then(() => store.load()),
  save: (saving) => later().then(() => store.save(saving)),
})

const over = (store: SettingsStoreShape) => {
  const { settings, control } = Result.getOrThrow(
    settingsWithoutFiles({ BASEGATE_CONFIG: `{"gateways": {}}` }),
  )
  return { settings, written: makeWrittenSettings(store, control, makeSealer([])) }
}

/** Adds one to a gateway's time to live, which is created by the first. */
const count = (
  id: string,
  settings: (ttl: number) => Record<string, unknown> = (cache_ttl) => ({ cache_ttl }),
): Change => ({
  author: { who: "ops", from: null, forwarded_for: null },
  kind: "gateway",
  account: "a",
  gateway: id,
  edit: ({ document, version, now }): Result.Result<Edited> => {
    const before = document.gateways.find((gateway) => gateway.id === id)
    const gateway = {
      id,
      account: "a",
      version,
      created_at: now,
      modified_at: now,
      settings: settings(Number(before?.settings["cache_ttl"] ?? 0) + 1),
      noted: {},
      tokens: [],
      routes: [],
      keys: [],
    }
    return Result.succeed({
      document: withGateway(document, "a", id, gateway),
      action: "update",
      id,
      before: null,
      after: gateway.settings,
      answer: () => new Response(),
    })
  },
})

for (
  const [name, storeOf] of Object.entries({ "at once": (store: SettingsStoreShape) => store, later: slow })
) {
  test(`writers of two processes lose no change on a store that answers ${name}`, async () => {
    const shared = makeMemorySettings()
    const [one, other] = [over(storeOf(shared)), over(storeOf(shared))]
    const changes = Array.from(
      { length: 10 },
      () => [one.written.change(count("g")), other.written.change(count("g"))],
    )
    for (const changed of await Promise.all(changes.flat())) assert.ok(Result.isSuccess(changed))
    for (const { settings, written } of [one, other]) {
      await written.newest()
      assert.equal(settings.gateway("a", "g")?.cache.ttl, 20)
    }
    assert.equal(
      Result.getOrThrow(await shared.audit({ account: "a", gateway: "g", page: 1, perPage: 50 })).total,
      20,
    )
  })
}

test("an invalid change changes nothing, not even in the store", async () => {
  const store = makeMemorySettings()
  const { settings, written } = over(store)
  await written.change(count("g"))
  const before = Result.getOrThrow(await store.load())
  const changed = await written.change(count("g", () => ({ cache_ttl: -1, retry_dealy: 1 })))
  assert.ok(Result.isFailure(changed))
  assert.match(
    changed.failure.message,
    /retry_dealy: unknown setting; perhaps retry_delay.*cache_ttl: expected/,
  )
  assert.equal(settings.gateway("a", "g")?.cache.ttl, 1)
  assert.deepEqual(Result.getOrThrow(await store.load()), before)
})

test("until a slow store has been read, requests wait; then its settings are in force", async () => {
  const store = makeMemorySettings()
  await over(store).written.change(count("g"))
  const { settings, written } = over(slow(store))
  const obstacle = written.obstacle()
  assert.ok(obstacle instanceof Promise)
  assert.equal(settings.gateway("a", "g"), undefined)
  await obstacle
  assert.equal(written.obstacle(), undefined)
  assert.equal(settings.gateway("a", "g")?.cache.ttl, 1)
})

test("what another process has written takes effect when the store announces it, or is left out with one warning", async () => {
  const store = makeMemorySettings()
  const [one, other] = [over(store), over(store)]
  await one.written.change(count("g"))
  other.written.refresh()
  await later(5)
  assert.equal(other.settings.gateway("a", "g")?.cache.ttl, 1)
  const { error } = console
  const warnings: Array<string> = []
  console.error = (line: string) => void warnings.push(line)
  try {
    const { version } = Result.getOrThrow(await store.load())
    const audit = {
      ...Result.getOrThrow(await store.audit({ account: "a", gateway: "g", page: 1, perPage: 1 })).entries[0],
    }
    await store.save({ document: `{"format": 2}`, ifVersion: version, audit: audit as never })
    for (let times = 0; times < 3; times++) {
      other.written.refresh()
      await later(5)
    }
  } finally {
    console.error = error
  }
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? "", /cannot be used.*later basegate/)
  assert.equal(other.settings.gateway("a", "g")?.cache.ttl, 1, "the last good settings stay")
  const changed = await other.written.change(count("g"))
  assert.ok(Result.isFailure(changed) && changed.failure.status === 503)
})

test("a busy store is tried again; an unavailable one is 503", async () => {
  const store = makeMemorySettings()
  let busy = 3
  const { written } = over({
    ...store,
    save: (saving) => busy-- > 0 ? Result.fail({ reason: "busy", detail: "locked" }) : store.save(saving),
  })
  assert.ok(Result.isSuccess(await written.change(count("g"))))
  const gone = over({ ...store, load: () => Result.fail({ reason: "unavailable", detail: "no such file" }) })
  assert.equal(gone.written.obstacle(), undefined, "a file that cannot be read stops nothing")
  const changed = await gone.written.change(count("g"))
  assert.ok(Result.isFailure(changed))
  assert.deepEqual([changed.failure.status, changed.failure.headers?.["retry-after"]], [503, "1"])
})
