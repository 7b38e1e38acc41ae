/** Named tokens: whose calls they are, how long they open a gateway, their own limits, and what they have used. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { asker, statusesOf } from "../ask.ts"
import { budget, costing } from "../budgets.ts"
import { chat, type Configured, type Harness, json } from "../harness.ts"

const sha256 = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`
const month = 2_678_400

/** What these cases need configured. */
export const tokenEntries = (): Configured => ({
  entries: {
    named: {
      tokens: [
        "value-plain",
        { name: "ann", token: "value-of-ann" },
        { name: "ann", token: "env:NEXT_OF_ANN" },
        { name: "bob", token: sha256("value-of-bob") },
        { name: "gone", token: "value-of-gone", expires: "2026-01-01T00:00:00.000Z" },
        { name: "stays", token: "value-of-stays", expires: "2999-01-01" },
        { name: "marked", token: "value-of-marked", metadata: { team: "search", user: 7 } },
      ],
    },
    "named-open": {
      authentication: false,
      tokens: [{ name: "gone", token: "value-of-late", expires: "2026-01-01" }],
    },
    "named-limits": {
      rate_limits: [{ id: "all", limit: 100, interval: month }],
      tokens: [
        { name: "few", token: "value-few", rate_limits: [{ id: "mine", limit: 2, interval: month }] },
        { name: "few", token: "value-few-next", rate_limits: [{ id: "mine", limit: 2, interval: month }] },
        { name: "many", token: "value-many" },
        { name: "poor", token: "value-poor", ...budget({ id: "mine" }) },
      ],
    },
    "named-usage": {
      ...budget({ id: "team", limit: 50, metadata: { team: { mode: "partition" } } }, {
        id: "all",
        limit: 900,
      }),
      tokens: [
        "value-nameless",
        {
          name: "user",
          token: "value-user",
          metadata: { team: "search" },
          ...budget({ id: "mine", limit: 9 }),
        },
        { name: "other", token: "value-other" },
      ],
    },
  },
  variables: { NEXT_OF_ANN: "value-of-next-ann" },
})

/** The header of a token, with the caller's own key beside it. */
const as = (token: string): Record<string, string> => ({ "cf-aig-authorization": `Bearer ${token}` })

export const tokenCases = (harness: Harness): void => {
  const ask = asker(harness)
  const statuses = statusesOf(ask)

  const refusal = async (entry: string, headers: Record<string, string>) => {
    const { response, bytes } = await ask({ id: harness.nextCase(), entry, headers })
    const { error: [first] } = JSON.parse(bytes.toString()) as { error: [{ code: number; message: string }] }
    return { status: response.status, ...first }
  }

  for (
    const [token, name] of [
      ["value-of-ann", "ann"],
      ["value-of-next-ann", "ann"],
      ["value-of-bob", "bob"],
      ["value-of-stays", "stays"],
      ["value-plain", null],
    ] as const
  ) {
    test(`the record of a call has the name of its token (${token})`, async () => {
      const id = harness.nextCase()
      const { response } = await ask({ id, entry: "named", headers: as(token) })
      assert.equal(response.status, 200)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["token"], record["authenticated"]], [name, true])
      assert.equal(harness.headersOf(id).get("authorization"), "Bearer sk-own")
      assert.ok(!JSON.stringify([record, harness.reached(id)]).includes(token))
    })
  }

  test("a token known by its digest never reaches a provider, whatever its header", async () => {
    for (const header of ["authorization", "x-api-key", "api-key", "x-auth-key"]) {
      const id = harness.nextCase()
      const headers = { authorization: "", [header]: `Bearer value-of-bob` }
      const { response } = await ask({ id, entry: "named", headers })
      assert.equal(response.status, 200, header)
      assert.equal(harness.headersOf(id).get("authorization"), "Bearer sk-stored")
      assert.ok(!JSON.stringify(harness.reached(id)).includes("value-of-bob"))
    }
  })

  test("a token of another gateway, known by its digest, is not a key either", async () => {
    const id = harness.nextCase()
    const headers = { ...as("value-few"), authorization: "Bearer value-of-bob" }
    const { response } = await ask({ id, entry: "named-limits", headers })
    assert.equal(response.status, 200)
    assert.equal(harness.headersOf(id).get("authorization"), "Bearer sk-stored")
  })

  test("expired and unknown tokens have different errors; a digest is not a token", async () => {
    const expired = await refusal("named", as("value-of-gone"))
    assert.deepEqual([expired.status, expired.code], [401, 2009])
    assert.match(expired.message, /has expired/)
    for (const token of ["value-of-nobody", sha256("value-of-bob"), "ann", "VALUE-OF-ANN"]) {
      const unknown = await refusal("named", as(token))
      assert.deepEqual([unknown.status, unknown.code], [401, 2009], token)
      assert.match(unknown.message, /not valid/)
      assert.doesNotMatch(unknown.message, /expired|ann|bob/)
    }
    assert.match((await refusal("named-open", as("value-of-late"))).message, /has expired/)
    assert.deepEqual(await statuses([{ id: harness.nextCase(), entry: "named-open" }]), [200])
  })

  test("a valid token works even next to an expired one", async () => {
    const id = harness.nextCase()
    const headers = { ...as("value-of-ann"), authorization: "Bearer value-of-gone" }
    const { response } = await ask({ id, entry: "named", headers })
    assert.equal(response.status, 200)
    assert.equal(harness.headersOf(id).get("authorization"), "Bearer sk-stored")
  })

  test("a token's metadata override the caller's, in each step too", async () => {
    const metadata = (value: object) => ({ "cf-aig-metadata": JSON.stringify(value) })
    const { response } = await ask({
      id: harness.nextCase(),
      entry: "named",
      headers: { ...as("value-of-marked"), ...metadata({ team: "ads", page: "x" }) },
    })
    assert.deepEqual((await harness.recordOf(response))["metadata"], { team: "search", page: "x", user: 7 })
    const step = (headers: object) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { authorization: "Bearer sk-own", ...headers },
      query: JSON.parse(chat()),
    })
    for (
      const [headers, expected] of [
        [metadata({ team: "step", deep: true }), { team: "search", deep: true, user: 7 }],
        [{}, { team: "search", page: "x", user: 7 }],
      ] as const
    ) {
      const universal = await ask({
        id: harness.nextCase(),
        entry: "named",
        path: "",
        headers: { ...as("value-of-marked"), ...metadata({ team: "ads", page: "x" }) },
        body: JSON.stringify([step(headers)]),
      })
      assert.equal(universal.response.status, 200)
      assert.deepEqual((await harness.recordOf(universal.response))["metadata"], expected)
    }
  })

  test("a token's own rate is counted by its name, in addition to the gateway's", async () => {
    const one = { id: harness.nextCase(), entry: "named-limits", headers: as("value-few") }
    const next = { ...one, headers: as("value-few-next") }
    const { response } = await ask(one)
    assert.match(
      response.headers.get("ratelimit-policy") ?? "",
      /^"all";q=100;.*, "token\/few\/mine";q=2;/,
    )
    // One call of "few" was made by another case.
    assert.deepEqual(await statuses([next]), [429])
    const refused = await refusal("named-limits", as("value-few"))
    assert.deepEqual([refused.status, refused.code], [429, 2003])
    assert.match(refused.message, /"token\/few\/mine" of 2 requests/)
    assert.deepEqual(await statuses([{ ...one, headers: as("value-many") }]), [200])
  })

  test("a token's own budget is spent only by its calls", async () => {
    const one = {
      id: harness.nextCase(),
      entry: "named-limits",
      headers: { ...as("value-poor"), ...costing(2) },
    }
    assert.deepEqual(await statuses([one, one]), [200, 429])
    const refused = await refusal("named-limits", as("value-poor"))
    assert.deepEqual([refused.status, refused.code], [429, 2041])
    assert.match(refused.message, /'token\/poor\/mine'/)
    assert.deepEqual(await statuses([{ ...one, headers: as("value-many") }]), [200])
  })

  const usage = (headers: Record<string, string>, search = "", init: RequestInit = {}) =>
    fetch(`${harness.entry("named-usage")}/usage${search}`, { headers, ...init })

  test("a token's holder can read its own usage and limits, and nobody else's", async () => {
    const one = {
      id: harness.nextCase(),
      entry: "named-usage",
      headers: { ...as("value-user"), ...costing(0.25) },
    }
    const other = { ...one, headers: { ...as("value-other"), ...costing(4) } }
    for (const asked of [one, one, other]) {
      const { response } = await ask(asked)
      assert.equal(response.status, 200)
      await harness.recordOf(response)
    }
    const response = await usage(as("value-user"))
    assert.equal(response.status, 200)
    assert.equal(response.headers.get("cache-control"), "no-store")
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
    const body = await response.json() as Record<string, unknown> & {
      since: string
      until: string
      limits: ReadonlyArray<Record<string, unknown>>
    }
    assert.deepEqual(Object.keys(body), [
      "token",
      "since",
      "until",
      "requests",
      "unpriced",
      "tokens_in",
      "tokens_out",
      "cost",
      "limits",
    ])
    assert.deepEqual([body["token"], body["requests"], body["unpriced"], body["cost"]], ["user", 2, 0, 0.5])
    assert.ok(Number(body["tokens_in"]) > 0 && Number(body["tokens_out"]) > 0)
    assert.match(body.since, /^\d{4}-\d\d-01T00:00:00\.000Z$/)
    assert.ok(Math.abs(Date.parse(body.until) - Date.now()) < 60_000)
    assert.deepEqual(
      body.limits.map(({ id, limit, spent, left }) => ({ id, limit, spent, left })),
      [{ id: "mine", limit: 9, spent: 0.5, left: 8.5 }, { id: "team", limit: 50, spent: 0.5, left: 49.5 }],
    )
    for (const { resets_at } of body.limits) assert.ok(Date.parse(String(resets_at)) > Date.now())
    const before = await usage(as("value-user"), "?since=2026-01-01&until=2026-01-02")
    const none = await before.json() as Record<string, unknown>
    assert.deepEqual([none["requests"], none["tokens_in"], none["cost"]], [0, 0, 0])
    assert.equal(none["since"], "2026-01-01T00:00:00.000Z")
  })

  test("usage needs a token, and has parameters of its own", async () => {
    for (
      const [headers, search, status, message] of [
        [{}, "", 401, /requires a token/],
        [as("value-nameless"), "", 403, /has no name/],
        [as("value-user"), "?since=tomorrow", 400, /since takes/],
        [as("value-user"), "?token=other", 400, /no parameter token/],
        [as("value-user"), "?since=2026-02-01&until=2026-01-01", 400, /before until/],
      ] as const
    ) {
      const response = await usage(headers, search)
      const body = await response.json() as { error: [{ message: string }] }
      assert.equal(response.status, status, search)
      assert.match(body.error[0].message, message)
    }
    const open = await fetch(`${harness.entry("plain")}/usage`, { headers: json })
    assert.equal(open.status, 401)
    assert.match(await open.text(), /shown to the holder of a gateway token/)
    const head = await usage(as("value-user"), "", { method: "HEAD" })
    assert.deepEqual([head.status, await head.text()], [200, ""])
    const post = await usage(as("value-user"), "", { method: "POST" })
    assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD, OPTIONS"])
    await post.body?.cancel()
    const preflight = await usage(
      {
        origin: "https://app.example",
        "access-control-request-method": "GET",
      },
      "",
      { method: "OPTIONS" },
    )
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers.get("access-control-allow-origin"), "https://app.example")
    const deeper = await fetch(`${harness.entry("named-usage")}/usage/all`, { headers: as("value-user") })
    assert.equal(deeper.status, 400)
    await deeper.body?.cancel()
  })
}
