/** JSON Web Tokens of an issuer as admin tokens, for the management API and for the console. */
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { newKey, openIssuer, signed, type SigningKey } from "../../support/token-issuer.ts"
import type { Configured, Harness } from "../harness.ts"
import { adminToken } from "./log-api.ts"

let issuer: ReturnType<typeof openIssuer>

/** What these cases need configured. */
export const adminJwtEntries = (): Configured => {
  issuer = openIssuer()
  const { url } = issuer
  const BASEGATE_ADMIN_JWT = JSON.stringify({
    issuer: url,
    audience: "basegate-admin",
    jwks_url: `${url}/keys`,
    claims: { name: "email", role: "groups" },
    roles: { read: ["support", "finance"], write: "platform" },
  })
  return { entries: {}, variables: { BASEGATE_ADMIN_JWT } }
}

export const adminJwtCases = (harness: Harness): void => {
  let key: SigningKey
  before(async () => {
    key = await newKey("admins", "ES256")
    issuer.answers.set("/keys", { keys: [key.jwk] })
  })
  const token = (claims: object = {}, by = key) =>
    signed(by, {
      iss: issuer.url,
      aud: "basegate-admin",
      email: "ann@example.com",
      groups: ["platform"],
      ...claims,
    })
  const api = (path: string, init: RequestInit = {}) =>
    fetch(`${harness.configured.url}/client/v4/accounts/account/ai-gateway/${path}`, init)
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` })
  const messageOf = async (response: Response): Promise<string> => {
    const { errors } = await response.json() as { errors: ReadonlyArray<{ message: string }> }
    return `${response.status} ${errors[0]?.message}`
  }
  const dataset = (headers: Record<string, string>) =>
    api("gateways/plain/datasets", {
      method: "POST",
      headers,
      body: JSON.stringify({ name: crypto.randomUUID(), filters: [] }),
    })

  test("an admin's JSON Web Token has the permissions of its role, and the audit names its holder", async () => {
    const ann = await token()
    const made = await dataset(bearer(ann))
    const { result } = await made.json() as { result: { id: string } }
    assert.equal(made.status, 200)
    const { result: audit } = await (await api(`audit?resource=${result.id}`, { headers: bearer(ann) }))
      .json() as {
        result: ReadonlyArray<{ who: string }>
      }
    assert.deepEqual(audit.map(({ who }) => who), ["ann@example.com"])
    const reader = bearer(await token({ email: "bob@example.com", groups: "other finance" }))
    const status = await api("status", { headers: reader })
    const { result: { you } } = await status.json() as { result: { you: object } }
    assert.deepEqual(you, { name: "bob@example.com", role: "read" })
    assert.match(await messageOf(await dataset(reader)), /^403 .*"bob@example.com" may only read/)
    // Cloudflare's SDK sends it so.
    assert.equal((await api("status", { headers: { "x-auth-key": ann } })).status, 200)
    await api(`gateways/plain/datasets/${result.id}`, { method: "DELETE", headers: bearer(adminToken) })
  })

  test("an invalid token is refused with the reason", async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const cases: ReadonlyArray<readonly [Promise<string>, RegExp]> = [
      [token({ exp: seconds - 120 }), /^401 .*has expired/],
      [token({ nbf: seconds + 120 }), /^401 .*not valid yet/],
      [token({ aud: "basegate" }), /^401 .*another audience/],
      [token({}, await newKey("admins")), /^401 .*not signed by a key/],
      [token({ email: 7 }), /^401 .*name its holder/],
      [token({ groups: ["guests"] }), /^403 .*claim "groups" names no role/],
      [token({ groups: undefined }), /^403 .*names no role/],
      [token({ iss: "https://evil.example" }), /^401 .*admin token is not valid/],
    ]
    for (const [text, expected] of cases) {
      const response = await api("status", { headers: bearer(await text) })
      assert.match(await messageOf(response), expected)
    }
    // It opens no gateway.
    const call = await fetch(`${harness.entry("jwt")}/baseten/v1/models`, { headers: bearer(await token()) })
    await call.arrayBuffer()
    assert.equal(call.status, 401)
  })

  test("its holder can log in to the console, until the token expires", async () => {
    const own = { "x-basegate-console": "1", "content-type": "application/json" }
    const logIn = async (text: string) =>
      await fetch(`${harness.configured.url}/console/session`, {
        method: "POST",
        headers: own,
        body: JSON.stringify({ token: text }),
      })
    const expired = await logIn(await token({ exp: 1 }))
    assert.match(await messageOf(expired), /^401 .*has expired/)
    const opened = await logIn(await token({ email: "zoë@example.com", groups: ["support"] }))
    assert.equal(opened.status, 204)
    const cookie = opened.headers.get("set-cookie") ?? ""
    assert.match(cookie, /HttpOnly; SameSite=Strict/)
    const [, age] = /Max-Age=(\d+)/.exec(cookie) ?? []
    assert.ok(Number(age) > 200 && Number(age) <= 300, cookie)
    const [value = ""] = cookie.split(";")
    const you = async (cookie: string) => {
      const response = await api("status", { headers: { ...own, cookie } })
      if (response.status !== 200) return response.status
      return (await response.json() as { result: { you: object } }).result.you
    }
    assert.deepEqual(await you(value), { name: "zoë@example.com", role: "read" })
    assert.equal(await you(value.replace(".read.", ".write.")), 401)
    assert.equal(await you(value.replace(/=(\d+)/, (_, ends) => `=${Number(ends) + 1}`)), 401)
    assert.equal((await dataset({ ...own, cookie: value })).status, 403)
  })
}
