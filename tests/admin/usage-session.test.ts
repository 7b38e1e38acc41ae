/** The session of a gateway token's holder in the console: what opens it, and what it opens. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { createGateway } from "../../mod.ts"
import { adminToken } from "./some-admin.ts"
import { someLog } from "./some-log.ts"

const own = { "x-basegate-console": "1", "content-type": "application/json" }
const tokens = {
  ann: "tok-ann-0123456789",
  bob: "tok-bob-0123456789",
  late: "tok-late-0123456789",
  all: "tok-all-0123456789",
  nameless: "tok-nameless-01234",
}
const config = {
  gateways: {
    "a/one": {
      tokens: [
        { name: "ann", token: tokens.ann },
        { name: "bob", token: tokens.bob },
        { name: "late", token: tokens.late, expires: "2020-01-01" },
        tokens.nameless,
      ],
    },
    "a/two": { tokens: [{ name: "ann", token: "tok-ann-of-two-0123" }] },
    "*": { tokens: [{ name: "all", token: tokens.all }] },
  },
}

type AskGateway = (path: string, init?: RequestInit) => Promise<Response>

const withGateway = async (
  use: (ask: AskGateway) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> => {
  const gateway = createGateway({
    env: {
      LOG_LEVEL: "none",
      BASEGATE_ADMIN_TOKEN: adminToken,
      BASEGATE_CONFIG: JSON.stringify(config),
      ...env,
    },
    log: someLog([], {}),
  })
  try {
    await use((path, init) => gateway.fetch(new Request(`https://gate.example${path}`, init)))
  } finally {
    await gateway.dispose()
  }
}

const logIn = (ask: AskGateway, body: object): Promise<Response> =>
  ask("/console/session", { method: "POST", headers: own, body: JSON.stringify(body) })

const cookieOf = (answer: Response): string => answer.headers.get("set-cookie")?.split(";", 1)[0] ?? ""

const open = async (ask: AskGateway, token: string, place = {}): Promise<string> => {
  const answer = await logIn(ask, { token, ...place })
  assert.equal(answer.status, 200, await answer.clone().text())
  return cookieOf(answer)
}

const usage = async (ask: AskGateway, cookie: string, gateway = "one", headers = {}) => {
  const answer = await ask(`/v1/a/${gateway}/usage`, {
    headers: { "x-basegate-console": "1", cookie, ...headers },
  })
  const { token } = await answer.json() as { readonly token?: string }
  return [answer.status, token ?? null]
}

test("a named token opens a session that shows its own usage, in its own gateway", () =>
  withGateway(async (ask) => {
    const answer = await logIn(ask, { token: ` ${tokens.ann} ` })
    assert.match(
      answer.headers.get("set-cookie") ?? "",
      /; Max-Age=43200; Path=\/v1\/a\/one\/usage; HttpOnly; SameSite=Strict; Secure$/,
    )
    const { result } = await answer.json() as { readonly result: unknown }
    assert.deepEqual(result, { account: "a", gateway: "one" })
    const cookie = cookieOf(answer)
    assert.ok(!cookie.includes(tokens.ann))
    assert.deepEqual(await usage(ask, cookie), [200, "ann"])
    assert.deepEqual(await usage(ask, cookie, "two"), [401, null])
    assert.deepEqual(await usage(ask, await open(ask, tokens.bob)), [200, "bob"])
  }))

test("it opens neither the management API nor a call, and nothing without the page's own header", () =>
  withGateway(async (ask) => {
    const cookie = await open(ask, tokens.ann)
    const [value = ""] = cookie.split("=").slice(1)
    for (
      const shown of [cookie, `basegate_console=${value}`, `basegate_console=${value.replace(/\..*\./, ".")}`]
    ) {
      const headers = { "x-basegate-console": "1", cookie: shown }
      for (
        const path of [
          "/client/v4/accounts",
          "/client/v4/accounts/a/ai-gateway/gateways/one/logs",
          "/metrics",
        ]
      ) {
        assert.equal((await ask(path, { headers })).status, 401, path)
      }
      const called = await ask("/v1/a/one/baseten/v1/models", { headers })
      assert.equal(called.status, 401)
    }
    assert.equal((await ask("/v1/a/one/usage", { headers: { cookie } })).status, 401)
  }))

test("what is not signed for this token, this gateway and this time opens nothing", () =>
  withGateway(async (ask) => {
    const cookie = await open(ask, tokens.ann)
    const [, ends = "", name = "", signed = ""] = /=(\d+)\.(\w+)\.(\w+)$/.exec(cookie) ?? []
    const bob = Array.from(new TextEncoder().encode("bob"), (byte) => byte.toString(16)).join("")
    for (
      const forged of [
        `${Number(ends) + 1}.${name}.${signed}`,
        `${ends}.${bob}.${signed}`,
        `${ends}.${name}.${"0".repeat(64)}`,
        `${ends}.${name}`,
        `${ends}..${signed}`,
        "",
      ]
    ) {
      assert.deepEqual(await usage(ask, `basegate_usage=${forged}`), [401, null], forged)
    }
    // A gateway's token that is shown is what counts where the session does not hold.
    const headers = { "cf-aig-authorization": `Bearer ${tokens.bob}` }
    assert.deepEqual(await usage(ask, "basegate_usage=1.00.00", "one", headers), [200, "bob"])
  }))

test("a session ends when the token goes, or the admin's is changed", async () => {
  let cookie = ""
  await withGateway(async (ask) => {
    cookie = await open(ask, tokens.ann)
    assert.deepEqual(await usage(ask, cookie), [200, "ann"])
  })
  await withGateway(async (ask) => assert.deepEqual(await usage(ask, cookie), [200, "ann"]))
  await withGateway(async (ask) => assert.deepEqual(await usage(ask, cookie), [401, null]), {
    BASEGATE_ADMIN_TOKEN: "adm-another-token",
  })
  const rotated = JSON.stringify(config).replace(tokens.ann, "tok-ann-another-0123")
  await withGateway(async (ask) => assert.deepEqual(await usage(ask, cookie), [401, null]), {
    BASEGATE_CONFIG: rotated,
  })
})

test("a token without a name, an expired one and a wrong one are told apart; one of many gateways has to say which", () =>
  withGateway(async (ask) => {
    const refused = async (body: object): Promise<readonly [number, string]> => {
      const answer = await logIn(ask, body)
      const text = await answer.text()
      assert.equal(answer.headers.get("set-cookie"), null)
      assert.ok(!Object.values(tokens).some((token) => text.includes(token)))
      return [answer.status, text]
    }
    assert.match((await refused({ token: tokens.nameless })).join(), /^403.*has no name/)
    assert.match((await refused({ token: tokens.late })).join(), /^401.*has expired/)
    assert.match((await refused({ token: "tok-wrong-0123456789" })).join(), /^401.*admin token is not valid/)
    assert.match((await refused({ token: tokens.all })).join(), /^409.*account\/gateway/)
    assert.match((await refused({ token: tokens.ann, account: "a", gateway: "two" })).join(), /^401/)
    const cookie = await open(ask, tokens.all, { account: "z", gateway: "any" })
    const answer = await ask("/v1/z/any/usage", { headers: { "x-basegate-console": "1", cookie } })
    assert.equal(answer.status, 200)
    assert.deepEqual(await usage(ask, cookie), [401, null])
  }))

test("logging out ends both kinds of session, of the place that is named", () =>
  withGateway(async (ask) => {
    const answer = await ask("/console/session?account=a&gateway=one", { method: "DELETE" })
    const cookies = answer.headers.getSetCookie()
    assert.equal(cookies.length, 2)
    assert.match(cookies[1] ?? "", /^basegate_usage=; Max-Age=0; Path=\/v1\/a\/one\/usage; /)
    const odd = await ask("/console/session?account=a&gateway=x;%20Domain=evil", { method: "DELETE" })
    assert.equal(odd.headers.getSetCookie().length, 1)
  }))
