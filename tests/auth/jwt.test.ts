/** JSON Web Tokens as gateway tokens: what is taken, what is refused and why, and how keys are fetched. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { SignJWT, UnsecuredJWT } from "jose"
import { JwtVerifier, statedIssuer } from "../../lib/auth/jwt.ts"
import { newKey, signed, type SigningKey } from "../support/token-issuer.ts"
import { someGateway } from "../support/some-call.ts"

const issuer = "https://id.example"
const jwks = "https://id.example/keys"
const now = Date.UTC(2026, 10, 28)
const first = await newKey("first")
const second = await newKey("second", "RS256")

/** A verifier of a gateway whose issuer has some keys. */
const verifying = (
  { jwt = {}, entry = {}, keys = [first] as ReadonlyArray<SigningKey>, discovery = issuer } = {},
) => {
  const gateway = someGateway({
    ...entry,
    jwt: Object.fromEntries(
      Object.entries({ issuer, audience: "basegate", jwks_url: jwks, ...jwt }).filter(([, value]) =>
        value !== undefined
      ),
    ),
  })
  const asked: Array<string> = []
  const state = { keys, down: false }
  const verifier = new JwtVerifier((url) => {
    asked.push(url)
    if (state.down) return Promise.reject(new Error("down"))
    return Promise.resolve(
      url === jwks
        ? Response.json({ keys: state.keys.map(({ jwk }) => jwk) })
        : Response.json({ issuer: discovery, jwks_uri: jwks }),
    )
  })
  const settings = gateway.jwt ?? assert.fail("no settings")
  const verify = (token: string, at = now) => verifier.verify(token, settings, gateway, at)
  return { verify, asked, state }
}
const claims = { iss: issuer, aud: "basegate", sub: "ann" }

test("a token's claims name its holder, its models and its metadata", async () => {
  const { verify } = verifying({
    jwt: { claims: { name: "email", models: "scope", metadata: { team: "dept", none: "absent" } } },
  })
  const token = await verify(
    await signed(
      first,
      { ...claims, email: "ann@example.com", scope: "openai/* zai-org/GLM-5.3", dept: 7 },
      now,
    ),
  )
  assert.ok(typeof token !== "string")
  assert.deepEqual(
    [token.name, token.models, token.metadata, token.expires],
    ["ann@example.com", ["openai/*", "zai-org/GLM-5.3"], { team: 7 }, now + 300_000],
  )
})

test("a missing claim for models allows none", async () => {
  const { verify } = verifying({ jwt: { claims: { models: "models", metadata: "about" } } })
  const token = await verify(await signed(first, { ...claims, about: { team: "a", deep: {} } }, now))
  assert.ok(typeof token !== "string")
  assert.deepEqual([token.name, token.models, token.metadata], ["ann", [], { team: "a" }])
})

test("the limits of a token of the same name apply to it", async () => {
  const own = {
    name: "ann",
    token: "value",
    rate_limits: [{ limit: 5, interval: 60 }],
    metadata: { team: "x" },
  }
  const { verify } = verifying({ entry: { tokens: [own] } })
  const token = await verify(await signed(first, claims, now))
  assert.ok(typeof token !== "string")
  assert.equal(token.limits?.rateRules[0]?.id, "token/ann/rule-1")
  assert.deepEqual(token.metadata, { team: "x" })
})

test("an invalid token is refused with the reason", async () => {
  const { verify } = verifying()
  const seconds = Math.floor(now / 1000)
  const forged = await newKey("first")
  const hmac = new TextEncoder().encode(JSON.stringify(first.jwk).padEnd(32, " "))
  const shared = (alg: string) =>
    new SignJWT({ ...claims, exp: seconds + 60 }).setProtectedHeader({ alg, kid: "first" }).sign(hmac)
  const cases: ReadonlyArray<readonly [string, Promise<string> | string, unknown]> = [
    ["expired", signed(first, { ...claims, exp: seconds - 31 }, now), "expired"],
    ["not yet", signed(first, { ...claims, nbf: seconds + 31 }, now), "early"],
    ["another audience", signed(first, { ...claims, aud: "other" }, now), "audience"],
    ["no audience", signed(first, { iss: issuer, sub: "ann" }, now), "audience"],
    ["another issuer", signed(first, { ...claims, iss: "https://evil.example" }, now), "signature"],
    [
      "without an end",
      new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "first" }).sign(first.privateKey),
      "signature",
    ],
    ["another key under the same name", signed(forged, claims, now), "signature"],
    ["an unknown key", signed(await newKey("third"), claims, now), "signature"],
    ["another algorithm", signed({ ...first, kid: "first" }, claims, now, { kid: "second" }), "signature"],
    ["none", new UnsecuredJWT(claims).encode(), "signature"],
    ["a shared secret", shared("HS256"), "signature"],
    [
      "a key of its own",
      signed(forged, claims, now, { jwk: forged.jwk, jku: "https://evil.example" }),
      "signature",
    ],
    ["no name", signed(first, { iss: issuer, aud: "basegate" }, now), "nameless"],
    ["a name of another kind", signed(first, { ...claims, sub: "a\nb" }, now), "nameless"],
  ]
  for (const [name, token, problem] of cases) assert.equal(await verify(await token), problem, name)
  const [head = "", , mac = ""] = (await signed(first, claims, now)).split(".")
  const other = btoa(JSON.stringify({ ...claims, sub: "root", exp: seconds + 60 })).replaceAll("=", "")
  assert.equal(await verify(`${head}.${other}.${mac}`), "signature")
})

test("clocks may differ by half a minute", async () => {
  const { verify } = verifying()
  const seconds = Math.floor(now / 1000)
  for (const times of [{ exp: seconds - 29 }, { nbf: seconds + 29 }]) {
    assert.ok(typeof await verify(await signed(first, { ...claims, ...times }, now)) !== "string")
  }
})

test("keys are fetched once, again after a rotation, and not for every unknown one", async () => {
  const { verify, asked, state } = verifying()
  const token = await signed(first, claims, now)
  for (let times = 0; times < 3; times++) assert.ok(typeof await verify(token) !== "string")
  assert.deepEqual(asked, [jwks])
  state.keys = [second]
  const rotated = await signed(second, claims, now)
  assert.ok(typeof await verify(rotated) !== "string")
  assert.equal(asked.length, 2)
  const unknown = await signed(await newKey("third"), claims, now)
  for (let times = 0; times < 10; times++) assert.equal(await verify(unknown), "signature")
  assert.equal(asked.length, 2)
  assert.equal(await verify(unknown, now + 31_000), "signature")
  assert.equal(asked.length, 3)
})

test("a token that names no key may be signed by any key, also by a newer one", async () => {
  const old = await newKey("old"), other = await newKey("other")
  const { verify, asked, state } = verifying({ keys: [old, second, other] })
  const nameless = (key: SigningKey, more: object = {}) =>
    signed(key, { ...claims, ...more }, now, { kid: undefined })
  for (const key of [old, second, other]) assert.ok(typeof await verify(await nameless(key)) !== "string")
  assert.equal(await verify(await nameless(other, { exp: Math.floor(now / 1000) - 60 })), "expired")
  assert.equal(asked.length, 1)
  for (const [keys, at] of [[[other], 40_000], [[first], 80_000]] as const) {
    state.keys = keys
    const token = await nameless(keys[0], { exp: Math.floor(now / 1000) + 300 })
    assert.ok(typeof await verify(token, now + at) !== "string")
  }
  assert.equal(await verify(await nameless(old), now + 81_000), "signature")
  assert.equal(asked.length, 2)
})

test("the last good keys are kept while the issuer is down; without any the token cannot be checked", async () => {
  const { verify, asked, state } = verifying()
  const token = await signed(first, { ...claims, exp: Math.floor(now / 1000) + 86_400 }, now)
  state.down = true
  assert.equal(await verify(token), "unavailable")
  assert.equal(await verify(token, now + 1000), "unavailable")
  assert.equal(asked.length, 1)
  state.down = false
  assert.ok(typeof await verify(token, now + 2000) !== "string")
  state.down = true
  assert.ok(typeof await verify(token, now + 3_600_000) !== "string")
  assert.ok(typeof await verify(token, now + 3_601_000) !== "string")
  assert.equal(asked.length, 3)
})

test("without jwks_url the issuer's configuration says where the keys are, if it is the issuer's", async () => {
  const { verify, asked } = verifying({ jwt: { jwks_url: undefined } as object })
  assert.ok(typeof await verify(await signed(first, claims, now)) !== "string")
  assert.deepEqual(asked, [`${issuer}/.well-known/openid-configuration`, jwks])
  const wrong = verifying({ jwt: { jwks_url: undefined } as object, discovery: "https://evil.example" })
  assert.equal(await wrong.verify(await signed(first, claims, now)), "unavailable")
})

test("the stated issuer is read only from a token", async () => {
  assert.equal(statedIssuer(await signed(first, claims, now)), issuer)
  for (const text of ["", "sk-key", "a.b.c", "a.e30.c", `x.${btoa('{"iss":1}')}.y`, "a.b", ".e30."]) {
    assert.equal(statedIssuer(text), undefined)
  }
})
