/** What is kept for one caller is never another's, and what belongs to one call is never shown with another. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Answered, type Ask, asker } from "../ask.ts"
import { chat, type Configured, eventually, fault, type Harness } from "../harness.ts"

/** What these cases need configured. */
export const cachedCallerEntries = (): Configured => ({
  entries: {
    "cached-for-two": {
      cache_ttl: 300,
      tokens: ["token-a", "token-b"],
      rate_limiting_limit: 1000,
      rate_limiting_interval: 3600,
    },
    "cached-for-all": { tokens: ["token-a", "token-b"], cache_key_scope: "gateway" },
  },
})

/** The ways in which two callers differ. */
const callers: Readonly<
  Record<string, readonly [one: Record<string, string>, other: Record<string, string>]>
> = {
  "tokens, with the stored key": [
    { authorization: "", "cf-aig-authorization": "Bearer token-a" },
    { authorization: "", "cf-aig-authorization": "Bearer token-b" },
  ],
  "tokens, in the provider's place": [{ authorization: "Bearer token-a" }, {
    authorization: "Bearer token-b",
  }],
  "tokens, with one key of their own": [
    { "cf-aig-authorization": "token-a" },
    { "cf-aig-authorization": "token-b" },
  ],
  "keys, with one token": [
    { "cf-aig-authorization": "token-a", authorization: "Bearer sk-one" },
    { "cf-aig-authorization": "token-a", authorization: "Bearer sk-two" },
  ],
  "whose key it is, with one token": [
    { "cf-aig-authorization": "token-a", authorization: "" },
    { "cf-aig-authorization": "token-a", authorization: "Bearer sk-one" },
  ],
}

export const cachedCallerCases = (harness: Harness): void => {
  const answer = asker(harness)
  const ask = (one: Ask): Promise<Answered> => answer({ entry: "cached-for-two", ...one })
  const calls = (id: string): number => harness.simulator.requests(id).length
  const reachesBaseten = (id: string) => eventually("it reaches Baseten", () => calls(id) > 0)

  const keys: Readonly<Record<string, (id: string) => Record<string, string>>> = {
    "the request's own key": () => ({}),
    "cf-aig-cache-key": (id) => ({ "cf-aig-cache-key": id }),
  }
  for (const [difference, [one, other]] of Object.entries(callers)) {
    for (const [name, own] of Object.entries(keys)) {
      test(`callers who differ in ${difference}, share nothing under ${name}`, async () => {
        const id = harness.nextCase()
        const as = (headers: Record<string, string>) => ask({ id, headers: { ...own(id), ...headers } })
        for (const headers of [one, other]) assert.equal((await as(headers)).status, "MISS")
        for (const headers of [one, other]) assert.equal((await as(headers)).status, "HIT")
        assert.equal(calls(id), 2)
      })

      test(`callers who differ in ${difference}, share no call under ${name}`, async () => {
        const id = harness.nextCase()
        const slowly = fault({ delay_ms: 300 })
        const as = (headers: Record<string, string>) =>
          ask({ id, headers: { ...own(id), ...headers, ...slowly } })
        for (const { response } of await Promise.all([as(one), as(other)])) assert.equal(response.status, 200)
        assert.equal(calls(id), 2)
      })
    }
  }

  test("cache_key_scope: callers who share cached answers do not share refusals", async () => {
    const id = harness.nextCase()
    const entry = "cached-for-all"
    const as = (token: string, more: object) =>
      ask({
        id,
        entry,
        headers: {
          "cf-aig-authorization": token,
          "cf-aig-cache-key": id,
          ...fault({ delay_ms: 300, ...more }),
        },
      })
    const refused = as("token-a", { status: 403 })
    await reachesBaseten(id)
    const served = await as("token-b", {})
    assert.deepEqual([(await refused).response.status, served.response.status], [403, 200])
    assert.equal((await as("token-a", {})).status, "HIT")
  })

  test("an answer with Vary is replayed only to requests with the same values", async () => {
    const id = harness.nextCase()
    const as = (language: string, more: Record<string, string> = {}) =>
      ask({
        id,
        headers: {
          "cf-aig-authorization": "token-a",
          ...(language !== "" && { "accept-language": language }),
          ...fault({ headers: { Vary: "Accept-Language, Origin" } }),
          ...more,
        },
      })
    const order = ["de", "fr", "de", "fr", "en"]
    const statuses: Array<string | null> = []
    for (const language of order) {
      statuses.push((await as(language, { "x-other": String(statuses.length) })).status)
    }
    assert.deepEqual(statuses, ["MISS", "MISS", "HIT", "HIT", "MISS"])
    assert.equal(calls(id), 3)
  })

  test("an answer with Vary is not shared with a waiting request with other values", async () => {
    const id = harness.nextCase()
    const as = (language: string) =>
      ask({
        id,
        headers: {
          "cf-aig-authorization": "token-a",
          "accept-language": language,
          ...fault({ delay_ms: 300, headers: { Vary: "accept-language" } }),
        },
      })
    const leader = as("de")
    await reachesBaseten(id)
    await Promise.all([leader, as("fr"), as("de")])
    assert.equal(calls(id), harness.flags.sharesMisses ? 2 : 3)
    for (const language of ["de", "fr"]) assert.equal((await as(language)).status, "HIT")
  })

  for (const headers of [{ Vary: "*" }, { Vary: "accept, *" }, { "Cache-Control": "max-age=60, private" }]) {
    test(`an answer with ${JSON.stringify(headers)} is one request's alone`, async () => {
      const id = harness.nextCase()
      const one = { id, headers: { "cf-aig-authorization": "token-a", ...fault({ delay_ms: 200, headers }) } }
      for (const { response } of await Promise.all([ask(one), ask(one)])) assert.equal(response.status, 200)
      assert.equal((await ask(one)).status, "MISS")
      assert.equal(calls(id), 3)
    })
  }

  test("a request with no-store is neither answered from the cache nor stored", async () => {
    const id = harness.nextCase()
    const one = { id, headers: { "cf-aig-authorization": "token-a" } }
    const secret = { id, headers: { ...one.headers, "cache-control": "no-store" } }
    assert.equal((await ask(secret)).status, null)
    assert.deepEqual([(await ask(one)).status, (await ask(one)).status], ["MISS", "HIT"])
    assert.equal((await ask(secret)).status, null)
    assert.equal(calls(id), 3)
  })

  /** Time for requests to reach the gateway, and to find the call that is held. */
  const toJoin = () => new Promise((resolve) => setTimeout(resolve, 500))

  test("a request that shared a call gets the answer's headers, and none of the other's", async () => {
    const id = harness.nextCase()
    const ofOne = {
      "Set-Cookie": ["session=one; Path=/", "other=1"],
      "X-Request-Id": "of-one",
      "X-RateLimit-Remaining-Requests": "1",
      "anthropic-ratelimit-tokens-remaining": "2",
      "OpenAI-Organization": "org-one",
      "OpenAI-Processing-Ms": "3",
      "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "CF-Ray": "ray-of-one",
    }
    const ofAnswer = { "ETag": '"e"', "X-Sample-Rate": "24000" }
    const headers = {
      "cf-aig-authorization": "token-a",
      ...fault({ held: true, headers: { ...ofOne, ...ofAnswer } }),
    }
    const leader = ask({ id, headers })
    await reachesBaseten(id)
    const followers = [ask({ id, headers }), ask({ id, headers })]
    await toJoin()
    harness.simulator.release(id)
    const told = (await Promise.all([leader, ...followers])).map(({ response }) => response.headers)
    assert.equal(calls(id), harness.flags.sharesMisses ? 1 : 3)
    if (harness.flags.sharesMisses) {
      for (const name of [...Object.keys(ofOne), "RateLimit", "x-baseten-request-id"]) {
        assert.deepEqual(told.map((all) => all.has(name)), [true, false, false], name)
      }
    }
    for (const name of [...Object.keys(ofAnswer), "content-type", "x-baseten-model-id"]) {
      assert.equal(new Set(told.map((all) => all.get(name))).size, 1, name)
      assert.ok(told[0]?.has(name), name)
    }
    assert.deepEqual(told.map((all) => all.get("cf-aig-cache-status")), ["MISS", "MISS", "MISS"])
    assert.equal(new Set(told.map((all) => all.get("cf-aig-log-id"))).size, 3)
    const kept = (await ask({ id, headers })).response.headers
    for (const name of Object.keys(ofOne)) assert.equal(kept.has(name), false, name)
    for (const name of Object.keys(ofAnswer)) assert.equal(kept.has(name), true, name)
  })

  test("a request that shared a refusal gets Retry-After", async () => {
    const id = harness.nextCase()
    const refusal = { held: true, status: 429, headers: { "Retry-After": "7", "Set-Cookie": "of=one" } }
    const one = {
      id,
      body: chat({ user: id }),
      headers: { "cf-aig-authorization": "token-a", ...fault(refusal) },
    }
    const leader = ask(one)
    await reachesBaseten(id)
    const follower = ask(one)
    await toJoin()
    harness.simulator.release(id)
    const { response } = await follower
    assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "7"])
    assert.equal(response.headers.has("set-cookie"), !harness.flags.sharesMisses)
    assert.equal((await leader).response.headers.has("set-cookie"), true)
  })
}
