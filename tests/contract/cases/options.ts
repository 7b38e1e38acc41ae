/** What a request may ask for with `cf-aig-*` headers: read strictly, clamped to its range, before the gateway's own. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Buffer } from "node:buffer"
import { chat, type Configured, eventually, failing, get, type Harness, json, key } from "../harness.ts"

/** What these cases need configured. */
export const optionEntries = (): Configured => ({
  entries: {
    "options-cached": { cache_ttl: 300 },
    "options-retried": { retry_max_attempts: 3, retry_delay: 0, retry_backoff: "constant" },
  },
})

/** Of each header, values that it does not take, and what its error says of those that it does. */
const malformed: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
  ["cf-aig-cache-ttl", ["soon", "1.5", "1e3", "0x10", "60s", "60, 70"], /whole number from 0 to 2592000/],
  ["cf-cache-ttl", ["soon"], /whole number from 0 to 2592000/],
  ["cf-aig-skip-cache", ["yes", "1", "truely"], /true or false/],
  ["cf-skip-cache", ["yes"], /true or false/],
  ["cf-aig-cache-key", ["x".repeat(1025)], /at most 1024 characters/],
  ["cf-aig-max-attempts", ["many", "2.5", "-", "2, 3", "Infinity", "NaN"], /whole number from 1 to 5/],
  ["cf-aig-retry-delay", ["1s", "0.5"], /whole number from 0 to 60000/],
  ["cf-aig-backoff", ["quadratic", "none"], /constant, linear, exponential/],
  ["cf-aig-request-timeout", ["1m", "1.5"], /whole number from 1 to 86400000/],
  ["cf-aig-byok-alias", ["two words", "a/b", "x".repeat(65)], /up to 64 letters, digits/],
  ["cf-aig-event-id", ["x".repeat(257)], /at most 256 characters/],
  ["cf-aig-metadata", ["team", "{", "[]", "null", '"a"', "{'a':1}"], /flat JSON object/],
  [
    "cf-aig-custom-cost",
    ["free", "[]", "{}", '{"per_token_in":"1"}', '{"per_token_in":-1}', '{"total_cost":null}'],
    /JSON object with any of per_token_in/,
  ],
]

/** Of each header, values that it takes: odd spellings, and numbers that are clamped. */
const accepted: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["cf-aig-cache-ttl", ["0", "1", "-5", "99999999999999999999999", ""]],
  ["cf-cache-ttl", ["3600"]],
  ["cf-aig-skip-cache", ["true", "FALSE", ""]],
  ["cf-skip-cache", ["True"]],
  ["cf-aig-cache-key", ["a key with words", "x".repeat(1024), ""]],
  ["cf-aig-max-attempts", ["0", "-3", "6", "99999999999999999999999", ""]],
  ["cf-aig-retry-delay", ["-1", "5000", "100000"]],
  ["cf-aig-backoff", ["Linear", ""]],
  ["cf-aig-request-timeout", ["99999999999999999999999"]],
  ["cf-aig-byok-alias", ["team-a.b_c", ""]],
  ["cf-aig-metadata", ["{}", ""]],
  ["cf-aig-custom-cost", ['{"per_token_in":0.000001,"per_token_out":0}', '{"total_cost":0.5}']],
  ["cf-aig-no-wholesale", ["true", "false"]],
  ["cf-aig-zdr", ["true"]],
  ["cf-aig-gateway-id", ["default"]],
  ["cf-aig-some-later-header", ["anything"]],
]

export const optionCases = (harness: Harness): void => {
  const send = (gateway: string, id: string, headers: Record<string, string>, body = chat()) =>
    fetch(`${harness.entry(gateway)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...headers },
      body,
    })
  interface Refusal {
    readonly internalCode: number
    readonly description: string
  }
  const isRefused = async (response: Response, header: string, takes: RegExp, what: string) => {
    const body = await response.json() as Refusal
    assert.deepEqual([response.status, body.internalCode], [400, 9400], what)
    assert.match(body.description, new RegExp(`\\b${header}\\b`), what)
    assert.match(body.description, takes, what)
    assert.doesNotMatch(body.description, /sk-|undefined/, what)
  }

  for (const [header, values, takes] of malformed) {
    test(`an invalid ${header} is 400, with its name and the expected values`, async () => {
      for (const value of values) {
        const id = harness.nextCase()
        const response = await send("plain", id, { [header]: value })
        await isRefused(response, header, takes, `${header}: ${value}`)
        assert.equal(harness.simulator.requests(id).length, 0)
      }
    })
  }

  for (const [header, values] of accepted) {
    test(`a valid ${header} is accepted, and never reaches Baseten`, async () => {
      for (const value of values) {
        const id = harness.nextCase()
        const response = await send("plain", id, { [header]: value })
        assert.equal(response.status, 200, `${header}: ${value}: ${await response.clone().text()}`)
        await response.text()
        const sent = Object.keys(harness.reached(id).headers)
        assert.deepEqual(sent.filter((name) => name.startsWith("cf-")), [])
      }
    })
  }

  test("a malformed header of a universal step is refused with the step's number", async () => {
    const id = harness.nextCase()
    const step = { provider: "baseten", endpoint: "v1/chat/completions", query: JSON.parse(chat()) as object }
    const response = await fetch(harness.entry("plain"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([
        { ...step, headers: { ...json, "x-simulator-case": id } },
        { ...step, headers: { ...json, "x-simulator-case": id, "cf-aig-max-attempts": "many" } },
      ]),
    })
    await isRefused(response, "cf-aig-max-attempts", /Step 2: .*whole number from 1 to 5/, "step")
    assert.equal(harness.simulator.requests(id).length, 0)
  })

  test("authentication comes before checks of headers: 401, not 400", async () => {
    const response = await send("guarded", harness.nextCase(), { "cf-aig-max-attempts": "many" })
    assert.equal(response.status, 401)
    await response.text()
  })

  const metadata: ReadonlyArray<readonly [string, unknown, unknown]> = [
    [
      "strings, numbers and booleans are recorded",
      { team: "søk 🌍", user: 42, share: 0.5, test: false, empty: "" },
      { team: "søk 🌍", user: 42, share: 0.5, test: false, empty: "" },
    ],
    [
      "five entries are kept, and those after them dropped",
      { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 },
      { a: 1, b: 2, c: 3, d: 4, e: 5 },
    ],
    [
      "keys that begin with cf. are dropped, and take no place",
      { "cf.user_id": "me", a: 1, b: 2, c: 3, d: 4, "cf.": 0, e: 5, cfo: 6 },
      { a: 1, b: 2, c: 3, d: 4, e: 5 },
    ],
    [
      "an entry of another type does not void the rest, and takes no place",
      { a: null, b: { c: 1 }, d: [1], team: "search", e: 1, f: 2, g: 3, h: 4 },
      { team: "search", e: 1, f: 2, g: 3, h: 4 },
    ],
    ["a long value is kept", { long: "x".repeat(600) }, { long: "x".repeat(600) }],
    ["nothing but bad entries is nothing", { a: null }, {}],
  ]
  for (const [what, given, kept] of metadata) {
    test(`cf-aig-metadata: ${what}`, async () => {
      // Header values are bytes: what is not Latin-1 is escaped, as JSON allows.
      const text = JSON.stringify(given).replaceAll(
        /[^\x20-\x7e]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      )
      const response = await send("plain", harness.nextCase(), { "cf-aig-metadata": text })
      assert.equal(response.status, 200)
      await response.text()
      assert.deepEqual((await harness.recordOf(response))["metadata"], kept)
    })
  }

  test("cf-aig-metadata: text of all languages, in the bytes of UTF-8", async () => {
    const id = harness.nextCase()
    const metadata = { user: "Zoë 世界 🌍" }
    const bytes = Buffer.from(JSON.stringify(metadata)).toString("latin1")
    const headers = { ...key, "cf-aig-metadata": bytes, "cf-aig-event-id": id }
    assert.equal((await get(`${harness.base}/baseten/v1/models`, headers)).status, 200)
    const record = () => harness.gateway.records().find(({ event_id }) => event_id === id)
    await eventually("a record is logged", () => record() !== undefined)
    assert.deepEqual(record()?.["metadata"], metadata)
  })

  test("metadata of a refused call is recorded too", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/models`, {
      headers: { "cf-aig-metadata": '{"team":"search"}' },
    })
    assert.equal(response.status, 401)
    await response.text()
    assert.deepEqual((await harness.recordOf(response))["metadata"], { team: "search" })
  })

  test("a header overrides the gateway's setting, and no other setting", async () => {
    const tries = async (headers: Record<string, string>) => {
      const id = harness.nextCase()
      await failing(harness, id, [{ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 }])
      await (await send("options-retried", id, headers)).text()
      return harness.simulator.requests(id).length
    }
    assert.deepEqual(
      [
        await tries({}),
        await tries({ "cf-aig-max-attempts": "1" }),
        await tries({ "cf-aig-max-attempts": "5" }),
      ],
      [3, 1, 5],
    )
    assert.equal(await tries({ "cf-aig-max-attempts": "" }), 3)
  })

  test("cf-aig-cache-ttl: 0 overrides the gateway's cache_ttl, and 1 is clamped to a minute", async () => {
    const twice = async (headers: Record<string, string>) => {
      const id = harness.nextCase()
      const body = chat({ user: id })
      const statuses: Array<string | null> = []
      for (let calls = 0; calls < 2; calls++) {
        const response = await send("options-cached", id, headers, body)
        await response.text()
        await harness.recordOf(response)
        statuses.push(response.headers.get("cf-aig-cache-status"))
      }
      return [...statuses, harness.simulator.requests(id).length]
    }
    assert.deepEqual(await twice({}), ["MISS", "HIT", 1])
    assert.deepEqual(await twice({ "cf-aig-cache-ttl": "0" }), [null, null, 2])
    assert.deepEqual(await twice({ "cf-aig-cache-ttl": "1" }), ["MISS", "HIT", 1])
    // The newer name goes before the older.
    assert.deepEqual(await twice({ "cf-cache-ttl": "0", "cf-aig-cache-ttl": "60" }), ["MISS", "HIT", 1])
    assert.deepEqual(await twice({ "cf-cache-ttl": "0" }), [null, null, 2])
  })

  test("cf-aig-request-timeout below its range is a millisecond, not unlimited", async () => {
    const id = harness.nextCase()
    await failing(harness, id, [{ delay_ms: 500 }])
    const response = await send("plain", id, { "cf-aig-request-timeout": "0" })
    assert.equal(response.status, 504)
    await response.text()
  })
}
