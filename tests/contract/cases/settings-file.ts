/** Settings in a file that changes while the gateway runs. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"
import { adminToken } from "./log-api.ts"

/** What these cases need configured. */
export const settingsFileEntries = (): Configured => ({
  entries: {
    filed: { cache_ttl: 7 },
    "filed-limited": { rate_limits: [{ id: "kept", limit: 2, interval: 86_400 }] },
    "filed-token": { tokens: [{ name: "ann", token: "value-ann" }, { name: "bob", token: "value-bob" }] },
  },
})

export const settingsFileCases = (harness: Harness): void => {
  const admin = { authorization: `Bearer ${adminToken}` }
  const shown = async (gateway: string): Promise<Record<string, unknown>> => {
    const url = `${harness.configured.url}/client/v4/accounts/account/ai-gateway/gateways/${gateway}`
    const { result } = await (await fetch(url, { headers: admin })).json() as {
      result: Record<string, unknown> | null
    }
    return result ?? {}
  }
  if (!harness.flags.followsFile) {
    test("settings are a binding", async () => {
      assert.equal((await shown("filed"))["cache_ttl"], 7)
    })
    return
  }
  const problem = async (): Promise<string | undefined> => {
    const answer = await fetch(`${harness.configured.url}/readyz`)
    return (await answer.json() as { readonly problem?: string }).problem
  }
  const ask = (gateway: string, headers: Record<string, string> = {}, body = chat()) =>
    fetch(`${harness.entry(gateway)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...headers },
      body,
    })
  const call = async (gateway: string, headers: Record<string, string> = {}): Promise<number> => {
    const response = await ask(gateway, headers)
    await response.text()
    return response.status
  }
  /** Waits for a change, as long as a busy machine may need: that it takes less than a second is measured elsewhere. */
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const end = Date.now() + 10_000
    while (!await holds()) {
      assert.ok(Date.now() < end, what)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  /** Edits an entry of the file; it stays so until the next edit. */
  const edit = (gateway: string, entry: object | undefined): void =>
    harness.writeSettings((text) => {
      const { gateways } = JSON.parse(text) as { gateways: Record<string, object | undefined> }
      return JSON.stringify({ gateways: { ...gateways, [`account/${gateway}`]: entry } })
    })
  const version = async (): Promise<number> => {
    const url = `${harness.configured.url}/client/v4/accounts/account/ai-gateway/status`
    const { result } = await (await fetch(url, { headers: admin })).json() as {
      result: { settings: { version: number } }
    }
    return result.settings.version
  }
  const restored = async (): Promise<void> => {
    const before = await version()
    harness.writeSettings()
    await until("the settings are what they were", async () => await version() > before)
    assert.deepEqual([(await shown("filed"))["cache_ttl"], await problem()], [7, undefined])
  }

  test("a change applies to the next request, and running streams continue to their end", async () => {
    const drip = fault({ drip_ms: 100, events: 12 })
    const running = ask("filed", drip, chat({ stream: true })).then((response) => response.text())
    edit("filed", { cache_ttl: 8, request_body_limit: 64 })
    await until("it holds", async () => (await shown("filed"))["cache_ttl"] === 8)
    assert.equal(await call("filed"), 413)
    assert.match(await running, /data: \[DONE\]\n\n$/)
    await restored()
    assert.equal(await call("filed"), 200)
  })

  test("a removed entry no longer exists, and an added one does", async () => {
    edit("filed-new", { cache_ttl: 3 })
    await until("it exists", async () => (await shown("filed-new"))["cache_ttl"] === 3)
    assert.equal(await call("filed-new"), 200)
    await restored()
    assert.equal(await call("filed-new"), 400)
  })

  test("a removed token is refused at its next request, the others are not", async () => {
    const as = (value: string) => call("filed-token", { "cf-aig-authorization": value })
    assert.deepEqual([await as("value-ann"), await as("value-bob")], [200, 200])
    edit("filed-token", { tokens: [{ name: "ann", token: "value-ann" }] })
    await until("it is refused", async () => await as("value-bob") === 401)
    assert.equal(await as("value-ann"), 200)
    await restored()
  })

  test("limits that a change does not touch keep their counts", async () => {
    assert.equal(await call("filed-limited"), 200)
    edit("filed", { cache_ttl: 9 })
    await until("it holds", async () => (await shown("filed"))["cache_ttl"] === 9)
    assert.deepEqual([await call("filed-limited"), await call("filed-limited")], [200, 429])
    await restored()
    assert.equal(await call("filed-limited"), 429)
  })

  test("an invalid file changes nothing, and /readyz and a metric report it until it is valid", async () => {
    const metric = async (): Promise<string | undefined> => {
      const text = await (await fetch(`${harness.configured.url}/metrics`, { headers: admin })).text()
      return /^basegate_settings_reload_success (\d)$/m.exec(text)?.[1]
    }
    assert.deepEqual([await problem(), await metric()], [undefined, "1"])
    for (
      const wrong of [
        (text: string) => text.slice(0, -2),
        (text: string) => text.replace('"cache_ttl": 7', '"cache_ttl": "7"'),
        (text: string) => text.replace('"cache_ttl": 7', '"cache_tll": 7'),
        () => "",
      ]
    ) {
      harness.writeSettings(wrong)
      await until("it is told", async () => await problem() !== undefined)
      assert.match(await problem() ?? "", /settings file/)
      assert.equal(await metric(), "0")
      assert.deepEqual([(await shown("filed"))["cache_ttl"], await call("filed")], [7, 200])
      await restored()
      assert.equal(await metric(), "1")
    }
  })
}
