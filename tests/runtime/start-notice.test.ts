import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"
import { noticeText, startNotice } from "../../lib/runtime/start-notice.ts"

const noticeOf = (env: Record<string, string>, host = "127.0.0.1", whyNoFile?: string) => {
  const settings = Result.getOrThrow(readSettings(env))
  const lines = startNotice({
    url: `http://${host}:8787`,
    host,
    settings,
    gateways: settings.entries(),
    whyNoFile,
  })
  const text = noticeText(lines, false)
  assert.doesNotMatch(text, /sk-|tok-|adm-/, "no secret")
  return { ...Object.fromEntries(lines), text } as Record<string, string>
}
const config = (gateways: object) => ({ BASEGATE_CONFIG: JSON.stringify({ gateways }) })

test("without settings: what is missing, and a call with the caller's own key", () => {
  const { settings, keys, tokens, admin, console: page, log, try: call } = noticeOf({})
  assert.match(settings ?? "", /^none: every gateway id is served/)
  assert.match(keys ?? "", /^none: callers send their own/)
  assert.match(tokens ?? "", /every gateway is open$/)
  assert.match(admin ?? "", /^no management API/)
  assert.equal(page, undefined)
  assert.match(log ?? "", /^in memory, lost at the end \(BASEGATE_DB names a file\)$/)
  assert.deepEqual(call?.split(/ \\\n +/), [
    "curl http://127.0.0.1:8787/v1/my-account/my-gateway/baseten/v1/chat/completions",
    "-H 'authorization: Bearer {Baseten API key}'",
    "-H 'content-type: application/json'",
    `-d '{"model": "openai/gpt-oss-120b", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ])
})

test("without a declared gateway nothing is open, and there is none to call", () => {
  const { settings, tokens, try: call } = noticeOf(config({}))
  assert.deepEqual([settings, tokens, call], ["BASEGATE_CONFIG: no gateway is declared", "none", undefined])
})

test("keys and tokens by their names, the log's file", () => {
  const notice = noticeOf({
    BASETEN_API_KEY: "sk-1",
    BASEGATE_ADMIN_TOKEN: "ops:read:adm-1",
    BASEGATE_DB: "log.db",
    TEAM_KEY: "sk-2",
    TOKEN: "tok-1",
    ...config({
      "acme/team": {
        tokens: [
          "env:TOKEN",
          "tok-2",
          { name: "ann", token: "tok-3" },
          { name: "ann", token: "tok-4" },
          { name: "bob", token: `sha256:${"5".repeat(64)}` },
        ],
        provider_keys: { baseten: { research: "env:TEAM_KEY" } },
      },
      "acme/open": { authentication: false },
      "*": { authentication: false },
    }),
  })
  assert.equal(notice["settings"], "BASEGATE_CONFIG: acme/team, acme/open, all other ids")
  assert.equal(notice["keys"], "baseten (default, research)")
  assert.equal(notice["tokens"], "ann, bob, and 2 without a name; open without one: acme/open, all other ids")
  assert.match(notice["admin"] ?? "", /^http:\/\/127\.0\.0\.1:8787\/client\/v4.* for ops \(read\)$/)
  assert.equal(notice["console"], "http://127.0.0.1:8787/console")
  assert.equal(notice["log"], "log.db")
  assert.match(notice["try"] ?? "", /\/v1\/acme\/team\/baseten/)
  assert.match(notice["try"] ?? "", /-H 'authorization: Bearer \{gateway token\}'/)
  assert.doesNotMatch(notice["try"] ?? "", /API key/)
})

test("the sample call has what its caller needs, and no more", () => {
  const headers = (env: Record<string, string>, host?: string) =>
    [...(noticeOf(env, host)["try"] ?? "").matchAll(/-H '([^:]+): Bearer \{([^}]+)\}'/g)]
      .map(([, name, what]) => `${name}=${what}`)
  assert.deepEqual(headers({ BASETEN_API_KEY: "sk-1" }), [])
  assert.deepEqual(headers({ BASETEN_API_KEY: "sk-1" }, "0.0.0.0"), ["authorization=Baseten API key"])
  assert.deepEqual(headers({ BASETEN_API_KEY: "sk-1", BASEGATE_OPEN: "true" }, "0.0.0.0"), [])
  assert.deepEqual(headers({ BASEGATE_TOKENS: "tok-1" }), [
    "cf-aig-authorization=gateway token",
    "authorization=Baseten API key",
  ])
  assert.match(noticeOf({}, "0.0.0.0")["try"] ?? "", /^curl http:\/\/127\.0\.0\.1:8787/)
})

test("tokens: one for several gateways counts once; of many some names are shown", () => {
  const shared = noticeOf({ BASEGATE_TOKENS: "tok-1,tok-2", ...config({ "a/g": {}, "a/h": {}, "*": {} }) })
  assert.equal(shared["tokens"], "2 without a name")
  const tokens = Array.from({ length: 30 }, (_, index) => ({ name: `t${index}`, token: `tok-${index}` }))
  const many = noticeOf(config({ "a/g": { tokens } }))["tokens"]
  assert.equal(many, `${tokens.slice(0, 19).map(({ name }) => name).join(", ")} and 11 more`)
  assert.equal(noticeOf(config({ "a/g": { authentication: true } }))["tokens"], "none")
})

test("many gateways are named in part; a log without a file says why", () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`a/g${index}`, {}]))
  assert.equal(noticeOf(config(many))["settings"], "BASEGATE_CONFIG: a/g0, a/g1, a/g2 and 6 more")
  const { log } = noticeOf({ BASEGATE_DB: "log.db" }, "127.0.0.1", "Workers have no files")
  assert.equal(log, "in memory, lost at the end: Workers have no files")
})
