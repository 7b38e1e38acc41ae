/** JSON Web Tokens of an issuer as gateway tokens. */
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { newKey, openIssuer, signed, type SigningKey } from "../../support/token-issuer.ts"
import { chat, type Configured, eventually, type Harness, json } from "../harness.ts"
import { callSteps } from "../steps.ts"

let issuer: ReturnType<typeof openIssuer>
let other: ReturnType<typeof openIssuer>

/** What these cases need configured. */
export const jwtEntries = (): Configured => {
  issuer = openIssuer()
  other = openIssuer()
  const [first, second] = [issuer.url, other.url]
  return {
    entries: {
      jwt: {
        tokens: ["value-beside-jwt", {
          name: "limited",
          token: "value-of-limited",
          rate_limits: [{ limit: 1, interval: 86_400 }],
        }],
        jwt: {
          issuer: first,
          audience: ["basegate", "gateway"],
          jwks_url: `${first}/keys`,
          claims: { name: "email", models: "models", metadata: { team: "department" } },
        },
      },
      "jwt-discovered": { jwt: { issuer: second, audience: "basegate" } },
      "jwt-silent": { jwt: { issuer: "http://127.0.0.1:9", audience: "basegate" } },
    },
  }
}

export const jwtCases = (harness: Harness): void => {
  let key: SigningKey
  let rotated: SigningKey
  before(async () => {
    key = await newKey("first", "RS256")
    rotated = await newKey("second", "ES256")
    issuer.answers.set("/keys", { keys: [key.jwk] })
    other.answers.set("/.well-known/openid-configuration", {
      issuer: other.url,
      jwks_uri: `${other.url}/jwks`,
    })
    other.answers.set("/jwks", { keys: [rotated.jwk] })
  })
  const claims = (more: object = {}) => ({
    iss: issuer.url,
    aud: "basegate",
    email: "ann@example.com",
    models: ["openai/*"],
    department: "search",
    ...more,
  })
  const ask = async (
    headers: Record<string, string>,
    { entry = "jwt", model = "openai/gpt-oss-120b" } = {},
  ) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(entry)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-simulator-case": id, ...headers },
      body: chat({ model }),
    })
    return {
      response,
      status: response.status,
      text: await response.text(),
      reached: harness.simulator.requests(id),
    }
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  test("a JSON Web Token authenticates wherever tokens do, and names its calls", async () => {
    const token = await signed(key, claims())
    for (
      const headers of [
        { "cf-aig-authorization": `Bearer ${token}`, authorization: "Bearer sk-own" },
        { "cf-aig-authorization": token },
        bearer(token),
        { "x-api-key": token },
      ] as ReadonlyArray<Record<string, string>>
    ) {
      const { response, status, text, reached } = await ask(headers)
      assert.equal(status, 200, text)
      const record = await harness.recordOf(response)
      assert.deepEqual(
        [record["token"], record["authenticated"], record["metadata"]],
        ["ann@example.com", true, { team: "search" }],
      )
      const sent = JSON.stringify(reached[0]?.raw_headers)
      assert.ok(!sent.includes(token), "the token does not reach Baseten")
      assert.match(sent, headers["authorization"] === "Bearer sk-own" ? /sk-own/ : /sk-stored/)
      assert.ok(!JSON.stringify(record).includes(token))
    }
  })

  test("its claims say which models it may call", async () => {
    const token = await signed(key, claims())
    const refused = await ask(bearer(token), { model: "zai-org/GLM-5.3" })
    assert.deepEqual([refused.status, refused.reached.length], [403, 0])
    assert.equal(
      (await ask(bearer(await signed(key, claims({ models: "*" }))), { model: "zai-org/GLM-5.3" })).status,
      200,
    )
    assert.equal((await ask(bearer(await signed(key, claims({ models: undefined }))))).status, 403)
  })

  test("the limits of the token with its name apply to it, and gateway tokens still work", async () => {
    const token = await signed(key, claims({ email: "limited" }))
    assert.deepEqual([(await ask(bearer(token))).status, (await ask(bearer(token))).status], [200, 429])
    assert.equal((await ask(bearer("value-of-limited"))).status, 429)
    assert.equal((await ask(bearer("value-beside-jwt"))).status, 200)
  })

  test("invalid ones are 401 with the reason; nothing reaches Baseten", async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const forged = await newKey("first", "RS256")
    const cases: ReadonlyArray<readonly [Promise<string>, RegExp]> = [
      [signed(key, claims({ exp: seconds - 120 })), /has expired/],
      [signed(key, claims({ nbf: seconds + 120 })), /not valid yet/],
      [signed(key, claims({ aud: "elsewhere" })), /another audience/],
      [signed(forged, claims()), /not signed by a key of its issuer/],
      [signed(key, claims({ email: 7 })), /name its holder/],
    ]
    for (const [token, detail] of cases) {
      for (const name of ["cf-aig-authorization", "authorization"]) {
        const { status, text, reached } = await ask({ [name]: `Bearer ${await token}` })
        const { internalCode, description } = JSON.parse(text) as Record<string, unknown>
        assert.deepEqual([status, internalCode, reached.length], [401, 2009, 0])
        assert.match(String(description), detail)
        assert.ok(!text.includes(await token))
      }
    }
    const none = await ask({})
    assert.equal(none.status, 401)
    const foreign = await ask({
      "cf-aig-authorization": await signed(key, claims({ iss: "https://evil.example" })),
    })
    assert.equal(foreign.status, 401)
  })

  test("another gateway's token opens nothing, and does not reach Baseten", async () => {
    const token = await signed(rotated, { iss: other.url, aud: "basegate", sub: "bob" })
    const { status, reached } = await ask(bearer(token))
    assert.deepEqual([status, reached.length], [401, 0])
    const open = await ask({ "x-api-key": token, authorization: "Bearer sk-own" }, { entry: "plain" })
    assert.equal(open.status, 200)
    assert.ok(!JSON.stringify(open.reached[0]?.raw_headers).includes(token))
  })

  test("keys are found by the issuer's configuration, and fetched again after a rotation", async () => {
    const sub = (of: SigningKey) => signed(of, { iss: other.url, aud: "basegate", sub: "bob" })
    const discovered = { entry: "jwt-discovered" }
    const found = await ask(bearer(await sub(rotated)), discovered)
    assert.equal(found.status, 200, found.text)
    assert.equal((await harness.recordOf(found.response))["token"], "bob")
    const unknown = await sub(await newKey("third"))
    const before = other.asked.length
    for (let times = 0; times < 5; times++) assert.equal((await ask(bearer(unknown), discovered)).status, 401)
    assert.ok(other.asked.length <= before + 2, "an unknown key does not make the gateway ask each time")
    issuer.answers.set("/keys", { keys: [rotated.jwk] })
    const after = await signed(rotated, claims())
    assert.equal((await ask(bearer(after))).status, 200)
    await eventually("asked twice", () => issuer.asked.length === 2)
  })

  test("an issuer whose keys cannot be fetched is 503, not 401", async () => {
    const token = await signed(key, { iss: "http://127.0.0.1:9", aud: "basegate", sub: "ann" })
    const { status, text, response } = await ask(bearer(token), { entry: "jwt-silent" })
    assert.deepEqual([status, response.headers.get("retry-after")], [503, "2"], text)
    assert.match(text, /keys cannot be fetched/)
  })

  test("a step's token grants nothing, and does not reach Baseten", async () => {
    const token = await signed(rotated, claims())
    const id = harness.nextCase()
    const step = {
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { "x-api-key": token, "x-simulator-case": id },
      query: JSON.parse(chat()) as unknown,
    }
    assert.equal((await callSteps(harness.entry("jwt"), [step])).status, 401)
    const opened = await callSteps(harness.entry("jwt"), [step], { ...json, "cf-aig-authorization": token })
    assert.equal(opened.status, 200, await opened.text())
    assert.ok(!JSON.stringify(harness.reached(id).raw_headers).includes(token))
  })

  test("its holder can read its usage", async () => {
    const token = await signed(rotated, claims())
    const response = await fetch(`${harness.entry("jwt")}/usage`, { headers: bearer(token) })
    assert.deepEqual([response.status, (await response.json() as { token: string }).token], [
      200,
      "ann@example.com",
    ])
  })
}
