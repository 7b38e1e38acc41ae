/** The console's page and its session. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { AdminHost } from "../../lib/admin/AdminHost.ts"
import { isSessionOf, openSession, sessionSeconds, shownSession } from "../../lib/admin/console-session.ts"
import { createGateway } from "../../mod.ts"
import { adminToken, withAdmin } from "./some-admin.ts"
import { someLog } from "./some-log.ts"

const own = { "x-basegate-console": "1", "content-type": "application/json" }
const files: Readonly<Record<string, string>> = {
  "index.html": "<!doctype html>",
  "console-a1b2.js": "1",
  "console-a1b2.css": "a{}",
}

const withConsole = async (
  use: (ask: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>,
  built = files,
  env: Record<string, string> = { BASEGATE_ADMIN_TOKEN: adminToken },
): Promise<void> => {
  const host = Layer.succeed(AdminHost, {
    runtime: "Test/1",
    consoleFile: (name) => Promise.resolve(built[name]),
  })
  const gateway = createGateway({ env: { LOG_LEVEL: "none", ...env }, log: someLog([]), layer: host })
  try {
    await use((path, init) => gateway.fetch(new Request(`http://gate.example${path}`, init)))
  } finally {
    await gateway.dispose()
  }
}

const logIn = { method: "POST", headers: own, body: JSON.stringify({ token: adminToken }) }

test("without an admin token there is no console", () =>
  withConsole(
    async (ask) => {
      for (
        const path of [
          "/console",
          "/console/",
          "/console/log",
          "/console/session",
          "/console/console-a1b2.js",
        ]
      ) {
        assert.equal((await ask(path)).status, 404, path)
      }
    },
    files,
    {},
  ))

test("every path within the console is its page; files are cached for ever", () =>
  withConsole(async (ask) => {
    for (
      const path of [
        "/console",
        "/console/",
        "//console",
        "/console/log",
        "/console/log/a/b?x=1",
        "/console/a.b/c",
      ]
    ) {
      const page = await ask(path)
      assert.deepEqual([page.status, await page.text()], [200, "<!doctype html>"], path)
      assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8")
      assert.equal(page.headers.get("cache-control"), "no-store")
    }
    const script = await ask("/console/console-a1b2.js")
    assert.match(script.headers.get("content-type") ?? "", /^text\/javascript/)
    assert.match(script.headers.get("cache-control") ?? "", /immutable/)
    for (
      const path of [
        "/console/other.js",
        "/console/other.min.js",
        "/console/assets/none.css",
        "/console/a/console-a1b2.js",
        "/console/..%2fmod.js",
        "/console/%2e%2e/package.json",
      ]
    ) {
      assert.equal((await ask(path)).status, 404, path)
    }
    assert.equal((await ask("/console", { method: "POST" })).status, 405)
    assert.equal((await ask("/console", { method: "HEAD" })).status, 200)
  }))

test("the page runs nothing from elsewhere, nothing inline, and in no frame", () =>
  withConsole(
    async (ask) => {
      for (const path of ["/console", "/console/console-a1b2.js"]) {
        const { headers } = await ask(path, { headers: { origin: "https://app.example" } })
        const policy = headers.get("content-security-policy") ?? ""
        assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/)
        assert.doesNotMatch(policy, /unsafe|\*|https?:/)
        for (const part of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]) {
          assert.ok(policy.includes(part), part)
        }
        assert.equal(headers.get("x-frame-options"), "DENY")
        assert.equal(headers.get("x-content-type-options"), "nosniff")
        assert.equal(headers.get("access-control-allow-origin"), null)
      }
    },
    files,
    { BASEGATE_ADMIN_TOKEN: adminToken, BASEGATE_CORS_ORIGINS: "*" },
  ))

test("in a clone that was not built, the page says how to build it", () =>
  withConsole(async (ask) => {
    const page = await ask("/console")
    assert.equal(page.status, 503)
    assert.match(await page.text(), /npm run build/)
  }, {}))

test("the token opens a session once; its cookie is not the token, and no script can read it", () =>
  withConsole(async (ask) => {
    const opened = await ask("/console/session", logIn)
    const cookie = opened.headers.get("set-cookie") ?? ""
    assert.equal(opened.status, 204)
    assert.match(cookie, /; Max-Age=43200; Path=\/client\/v4; HttpOnly; SameSite=Strict$/)
    assert.ok(!cookie.includes(adminToken))
    const headers = { cookie: `theme=dark; ${cookie.split(";", 1)[0]}`, "x-basegate-console": "1" }
    const read = await ask("/client/v4/accounts", { headers })
    assert.equal(read.status, 200)
    // Another origin on the same host, a port beside this one, is the same site: it cannot send the header.
    assert.equal((await ask("/client/v4/accounts", { headers: { cookie: headers.cookie } })).status, 401)
    const closed = await ask("/console/session", { method: "DELETE" })
    assert.match(closed.headers.get("set-cookie") ?? "", /^basegate_console=; Max-Age=0; /)
    const behindTls = await ask("/console/session", {
      ...logIn,
      headers: { ...own, "x-forwarded-proto": "https" },
    })
    assert.match(behindTls.headers.get("set-cookie") ?? "", /; Secure$/)
  }))

test("a wrong token opens nothing, nor does a form of another site", () =>
  withConsole(async (ask) => {
    const post = (body: string, headers: Record<string, string> = own) =>
      ask("/console/session", { method: "POST", headers, body })
    const right = JSON.stringify({ token: adminToken })
    for (
      const [status, answer] of [
        [401, await post('{"token":"other"}')],
        [401, await post('{"token":""}')],
        [400, await post("{}")],
        [400, await post("[")],
        [400, await post(right, { "content-type": "application/json" })],
        [400, await post(right, { "x-basegate-console": "1", "content-type": "text/plain" })],
        [400, await post(JSON.stringify({ token: "x".repeat(30_000) }))],
      ] as const
    ) {
      const text = await answer.text()
      assert.ok(
        answer.status === status || (status === 400 && answer.status === 413),
        `${answer.status} ${text}`,
      )
      assert.equal(answer.headers.get("set-cookie"), null)
      assert.ok(!text.includes(adminToken))
    }
  }))

test("a session ends when it expires, or when its token changes", async () => {
  const now = Date.parse("2026-11-28T12:00:00Z")
  const token = Redacted.make(adminToken)
  const cookie = (await openSession(token, now, false)).split(";", 1)[0] ?? ""
  const session = shownSession(new Headers({ cookie, "x-basegate-console": "1" })) ?? ""
  const ends = now + 1000 * sessionSeconds
  assert.equal(await isSessionOf(session, token, ends - 1), true)
  assert.equal(await isSessionOf(session, token, ends), false)
  assert.equal(await isSessionOf(session, Redacted.make("another"), now), false)
  const later = session.replace(/^\d+/, String(ends + 1))
  assert.equal(await isSessionOf(later, token, now), false)
  for (const odd of ["", "1", `${ends}.${"0".repeat(64)}`, `${ends}.zz`]) {
    assert.equal(await isSessionOf(odd, token, now), false, odd)
  }
})

test("a session does not replace a wrong token in the request", () =>
  withAdmin(async (ask) => {
    const cookie = (await openSession(Redacted.make(adminToken), Date.now(), false)).split(";", 1)[0] ?? ""
    const headers = { cookie, "x-basegate-console": "1" }
    assert.equal(
      (await ask("/client/v4/accounts", { headers: { ...headers, authorization: "" } })).status,
      200,
    )
    assert.equal(
      (await ask("/client/v4/accounts", { headers: { ...headers, authorization: "Bearer no" } })).status,
      401,
    )
  }))
