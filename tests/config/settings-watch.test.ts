/** A settings file that is followed: what it is when it has changed, and no more. */
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import * as Result from "effect/Result"
import { loadSettings } from "../../lib/config/environment.ts"
import { reportReload, watchSettings } from "../../lib/config/settings-watch.ts"
import { someFiles } from "./some-files.ts"

const following = async (context: TestContext, text: string, others: Record<string, string> = {}) => {
  const { texts, host, tick, followed } = someFiles({ "x.yaml": text, ...others })
  const loaded = await loadSettings({ environment: { BASEGATE_CONFIG_FILE: "x.yaml" }, files: host })
  const { settings, control, file } = Result.getOrThrow(loaded)
  const told: Array<string> = []
  context.mock.method(console, "error", (line: string) => {
    const { level, error } = JSON.parse(line) as { readonly level: string; readonly error?: string }
    told.push(level === "info" ? "good" : error ?? "")
  })
  const watch = watchSettings({ files: host, file: file ?? assert.fail(), control, settings })
  const ttl = () => settings.gateway("a", "g")?.cache.ttl
  return { texts, tick, followed, settings, control, told, watch, ttl }
}
const ofTtl = (seconds: number): string => `defaults:\n  cache_ttl: ${seconds}\n`

test("a change holds once the file has settled; a file that stays is not read again", async (context) => {
  const { texts, tick, told, watch, ttl, followed } = await following(context, ofTtl(1))
  await tick(5)
  assert.deepEqual(told, [])
  texts["x.yaml"] = ofTtl(2)
  await tick()
  assert.equal(ttl(), 1)
  await tick()
  assert.equal(ttl(), 2)
  await tick(5)
  assert.deepEqual(told, ["good"])
  watch.stop()
  assert.equal(followed(), 0)
})

test("a file that differs at each look is read all the same", async (context) => {
  const { texts, tick, ttl } = await following(context, ofTtl(1))
  for (let seconds = 2; seconds < 9; seconds++) {
    texts["x.yaml"] = ofTtl(seconds)
    await tick()
  }
  assert.ok((ttl() ?? 0) > 4)
})

test("half of a document that is still written is not taken for it", async (context) => {
  const { texts, tick, settings, told } = await following(context, "gateways:\n  a/g: {}\n  a/h: {}\n")
  texts["x.yaml"] = "gateways:\n  a/g: {}\n"
  await tick()
  texts["x.yaml"] = "gateways:\n  a/g: {}\n  a/h: {cache_ttl: 5}\n"
  await tick(2)
  assert.equal(settings.gateway("a", "h")?.cache.ttl, 5)
  assert.deepEqual(told, ["good"])
})

test("a file that is wrong, empty or gone leaves the last good settings, and is told once", async (context) => {
  const { texts, tick, told, ttl, control } = await following(context, ofTtl(1))
  const wrong: ReadonlyArray<readonly [string | undefined, RegExp]> = [
    ["defaults: {cache_tll: 1}", /^x\.yaml, line 1, column 12 \(defaults, cache_tll\): unknown setting/],
    ["", /^x\.yaml: expected settings: the file is empty/],
    [undefined, /^x\.yaml: expected a file with settings: there is no such file/],
    ["defaults: [", /^x\.yaml, line 1, column \d+: expected/],
  ]
  for (const [text, expected] of wrong) {
    texts["x.yaml"] = text
    await tick(4)
    assert.match(told.at(-1) ?? "", expected)
    assert.match(control.state().problem ?? "", expected)
    assert.equal(ttl(), 1)
  }
  assert.equal(told.length, wrong.length)
  texts["x.yaml"] = ofTtl(1)
  await tick(2)
  assert.equal(control.state().problem, undefined)
  assert.deepEqual(told.slice(wrong.length), ["good"])
})

test("files that settings refer to are followed as well", async (context) => {
  const text = 'defaults:\n  tokens: ["file:/run/token"]\n'
  const { texts, tick, settings, told } = await following(context, text, { "/run/token": "tok-first" })
  const before = settings.gateway("a", "g")
  texts["/run/token"] = "tok-second"
  await tick(2)
  assert.ok(settings.secrets.contains("tok-second"))
  assert.notEqual(settings.gateway("a", "g"), before)
  texts["/run/token"] = undefined
  await tick(2)
  assert.match(told.at(-1) ?? "", /line 1, column 1|defaults|\*/)
  assert.ok(settings.secrets.contains("tok-second"))
})

test("it is read at once when it is to be, and never twice at a time", async (context) => {
  const { texts, watch, ttl, told } = await following(context, ofTtl(1))
  texts["x.yaml"] = ofTtl(2)
  await Promise.all([watch.reload(), watch.reload()])
  assert.equal(ttl(), 2)
  assert.deepEqual(told, ["good"])
})

test("the operator is told of each problem once, as loud as LOG_LEVEL says", (context) => {
  const lines: Array<string> = []
  context.mock.method(console, "error", (line: string) => void lines.push(line))
  const state = () => ({ version: 3, source: "x.yaml", loadedAt: 0, problem: undefined })
  const bad = Result.fail([{
    source: "x.yaml",
    position: { line: 2, column: 5 },
    path: [],
    message: "expected y",
  }])
  const saidBy = (logLevel: "info" | "warn" | "none"): ReadonlyArray<string> => {
    lines.length = 0
    const tell = reportReload({ logLevel, state })
    for (const outcome of [bad, bad, Result.succeed(undefined), bad]) tell(outcome)
    return [...lines]
  }
  const problem = JSON.stringify({
    level: "error",
    msg: "the changed settings cannot be used; those of version 3 stay in force",
    error: "x.yaml, line 2, column 5: expected y",
  })
  const good = JSON.stringify({ level: "info", msg: "the settings of x.yaml are in force", version: 3 })
  assert.deepEqual(saidBy("info"), [problem, good, problem])
  assert.deepEqual(saidBy("warn"), [problem, problem])
  assert.deepEqual(saidBy("none"), [])
})
