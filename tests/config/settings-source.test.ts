/** Where settings and secrets may stand: in variables, in files that they name, in a settings file, in an app's options. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { problemsText } from "../../lib/config/declaration.ts"
import { type Environment, loadSettings, readVariables } from "../../lib/config/environment.ts"
import { someFiles } from "./some-files.ts"
import { assertValues } from "../support/token-values.ts"

const load = async (
  environment: Environment,
  texts: Record<string, string> | undefined = {},
  config?: unknown,
) =>
  await loadSettings({ environment, files: someFiles(texts).host, ...(config !== undefined && { config }) })
const failureOf = async (...given: Parameters<typeof load>): Promise<string> => {
  const loaded = await load(...given)
  return Result.isFailure(loaded) ? problemsText(loaded.failure) : "nothing"
}
const good = async (...given: Parameters<typeof load>) => {
  const loaded = await load(...given)
  assert.ok(Result.isSuccess(loaded), Result.isFailure(loaded) ? problemsText(loaded.failure) : "")
  return loaded.success
}
const ttl = ({ settings }: Awaited<ReturnType<typeof good>>) => settings.gateway("a", "g")?.cache.ttl

test("a settings file is the one that the variable names, else the usual one of the working folder", async () => {
  const texts = {
    "basegate.yaml": "defaults:\n  cache_ttl: 1\n",
    "/etc/x.json": '{"defaults":{"cache_ttl":2}}',
  }
  assert.equal(ttl(await good({}, texts)), 1)
  assert.equal(ttl(await good({ BASEGATE_CONFIG_FILE: "" }, texts)), 1)
  assert.equal(ttl(await good({ BASEGATE_CONFIG_FILE: "/etc/x.json" }, texts)), 2)
  assert.equal((await good({ BASEGATE_CONFIG_FILE: "/etc/x.json" }, texts)).file?.path, "/etc/x.json")
  assert.equal(ttl(await good({}, { "basegate.json": '{"defaults":{"cache_ttl":3}}' })), 3)
  assert.equal(ttl(await good({}, { "basegate.yml": "defaults: {cache_ttl: 4}" })), 4)
  assert.equal(ttl(await good({})), 0)
  assert.match(
    await failureOf({}, { "basegate.yaml": "", "basegate.json": "" }),
    /^basegate\.yaml, basegate\.json: expected one of them, or BASEGATE_CONFIG_FILE/,
  )
})

test("settings stand in one place; a file that is merely there gives way to BASEGATE_CONFIG, which is said", async () => {
  const BASEGATE_CONFIG = '{"defaults":{"cache_ttl":9}}'
  const beside = await good({ BASEGATE_CONFIG }, { "basegate.yaml": "defaults: {cache_ttl: 1}" })
  assert.equal(ttl(beside), 9)
  assert.match(beside.notice ?? "", /^basegate\.yaml is not read, since BASEGATE_CONFIG is set/)
  assert.equal((await good({ BASEGATE_CONFIG })).notice, undefined)
  assert.match(
    await failureOf({ BASEGATE_CONFIG, BASEGATE_CONFIG_FILE: "x.yaml" }, { "x.yaml": "defaults: {}" }),
    /^BASEGATE_CONFIG, BASEGATE_CONFIG_FILE: expected one of them/,
  )
  const config = { gateways: { "a/g": { cache_ttl: 7 } } }
  assert.equal(ttl(await good({}, { "basegate.yaml": "defaults: {cache_ttl: 1}" }, config)), 7)
  for (const BASEGATE_CONFIG_FILE of ["x.yaml"]) {
    assert.match(
      await failureOf({ BASEGATE_CONFIG_FILE }, {}, config),
      /^config, BASEGATE_CONFIG_FILE: expected one/,
    )
  }
  assert.match(await failureOf({ BASEGATE_CONFIG }, {}, config), /^config, BASEGATE_CONFIG: expected one/)
  assert.match(
    await failureOf({}, {}, { gateways: { "a/g": { cache_tll: 1 } } }),
    /^config \(gateways, a\/g, cache_tll\): unknown setting; perhaps cache_ttl was meant$/,
  )
  assert.match(await failureOf({}, {}, { defaults: { prices: 1n } }), /^config: expected an object/)
})

test("a settings file that is missing, empty or wrong is told with its name, and its line and column", async () => {
  const BASEGATE_CONFIG_FILE = "x.yaml"
  const cases: ReadonlyArray<readonly [text: string | undefined, failure: string]> = [
    [undefined, "x.yaml: expected a file with settings: there is no such file"],
    ["", "x.yaml: expected settings: the file is empty"],
    ["\n  \n", "x.yaml: expected settings: the file is empty"],
    ["# nothing\n", "x.yaml, line 1, column 1: expected an object, {} if nothing is in it"],
    [
      "gateways:\n  a/g:\n    cache_ttl: -1\n",
      "x.yaml, line 3, column 16 (gateways, a/g, cache_ttl): expected a whole",
    ],
    [
      "gateways:\n  a/g:\n    cache_tll: 1\n",
      "x.yaml, line 3, column 5 (gateways, a/g, cache_tll): unknown setting;",
    ],
    [
      "gateways:\n  a/g: {rate_limiting_limit: 5}\n",
      "x.yaml, line 2, column 3 (gateways, a/g): expected rate_lim",
    ],
    [
      "gateways:\n  a/g:\n    tokens: [env:NOT_SET]\n",
      "x.yaml, line 3, column 14 (gateways, a/g, tokens, 0): expected the variable NOT_SET, which",
    ],
  ]
  for (const [text, failure] of cases) {
    const found = await failureOf({ BASEGATE_CONFIG_FILE }, text === undefined ? {} : { "x.yaml": text })
    assert.ok(found.startsWith(failure), found)
  }
  const both = await failureOf({ BASEGATE_CONFIG_FILE, PORT: "x" }, { "x.yaml": "a: 1\nb: 2" })
  assert.match(
    both,
    /^PORT: expected .*; x\.yaml, line 1, column 1 \(a\): .*; x\.yaml, line 2, column 1 \(b\): /,
  )
})

test("all that is referred to and missing is told at once, each where it stands", async () => {
  const text = `defaults:
  provider_keys: { baseten: { default: env:NO_KEY } }
gateways:
  a/one:
    tokens: [{ name: ann, token: env:NO_ANN }, { name: bob, token: file:no-bob }]
    alerts: [{ url: env:NO_URL, secret: env:NO_SECRET, circuit: true }]
  a/two:
    otel: [{ url: "https://o.test", headers: { x-key: env:NO_OTEL } }]
    jwt: { issuer: "https://i.test", audience: x }
`
  const failure = await failureOf({ BASEGATE_CONFIG_FILE: "x.yaml" }, { "x.yaml": text })
  assert.deepEqual(failure.split("; ").map((one) => one.replace(/: expected the (\S+ [^ ,]+),.*/, " $1")), [
    "x.yaml, line 5, column 34 (gateways, a/one, tokens, 0, token) variable NO_ANN",
    "x.yaml, line 5, column 68 (gateways, a/one, tokens, 1, token) file no-bob",
    "x.yaml, line 2, column 40 (defaults, provider_keys, baseten, default) variable NO_KEY",
    "x.yaml, line 6, column 21 (gateways, a/one, alerts, 0, url) variable NO_URL",
    "x.yaml, line 6, column 41 (gateways, a/one, alerts, 0, secret) variable NO_SECRET",
    "x.yaml, line 8, column 55 (gateways, a/two, otel, 0, headers, x-key) variable NO_OTEL",
  ])
})

test("the value of a variable may stand in a file, with one line break at its end", async () => {
  const texts = { key: "sk-of-the-file\n", tokens: "one,two\r\n", two: "sk-two\n\n", empty: "\n" }
  const { settings } = await good({ BASETEN_API_KEY_FILE: "key", BASEGATE_TOKENS_FILE: "tokens" }, texts)
  assert.equal(Redacted.value(settings.basetenKey ?? assert.fail()), "sk-of-the-file")
  assertValues(settings.gateway("a", "g")?.tokens, ["one", "two"])
  const wrong: ReadonlyArray<readonly [Environment, RegExp]> = [
    [
      { BASETEN_API_KEY: "sk-x", BASETEN_API_KEY_FILE: "key" },
      /^BASETEN_API_KEY, BASETEN_API_KEY_FILE: expected one/,
    ],
    [
      { BASEGATE_TOKENS: "", BASEGATE_TOKENS_FILE: "tokens" },
      /BASEGATE_TOKENS, BASEGATE_TOKENS_FILE: expected one/,
    ],
    [{ BASETEN_API_KEY_FILE: "sk-in-the-wrong-place" }, /^BASETEN_API_KEY_FILE: expected the path of a file/],
    [{ BASETEN_API_KEY_FILE: "empty" }, /^BASETEN_API_KEY_FILE: expected the path of a file.*empty/],
    [{ BASETEN_API_KEY_FILE: "two" }, /^BASETEN_API_KEY_FILE: expected a key without white space/],
    [{ BASEGATE_ADMIN_TOKEN_FILE: "" }, /^BASEGATE_ADMIN_TOKEN_FILE: expected the path/],
    [
      { BASEGATE_CONFIG_FILE_FILE: "x" },
      /^BASEGATE_CONFIG_FILE_FILE: unknown variable; perhaps BASEGATE_CONFIG_FILE/,
    ],
    [{ BASETEN_API_KEYS_FILE: "key" }, /unknown variable; perhaps BASETEN_API_KEY_FILE was meant/],
  ]
  for (const [environment, expected] of wrong) {
    const failure = await failureOf(environment, texts)
    assert.match(failure, expected)
    assert.doesNotMatch(failure, /wrong-place|sk-/)
  }
  assert.equal(Result.getOrThrow(readVariables({ PORT_FILE: "p" }, someFiles({ p: "99" }).host)).port, 99)
})

test("settings refer to secrets in variables and in files", async () => {
  const BASEGATE_CONFIG = {
    defaults: {
      tokens: ["file:/run/token"],
      provider_keys: { baseten: { default: "env:BASETEN_API_KEY", spare: "file:/run/a key" } },
      custom_providers: { x: { base_url: "https://x.test", headers: { "x-key": "file:/run/token" } } },
    },
  }
  const texts = { "/run/token": "tok-of-the-file\n", "/run/a key": "sk-spare", key: "sk-first\n" }
  const { settings } = await good({ BASEGATE_CONFIG, BASETEN_API_KEY_FILE: "key" }, texts)
  const gateway = settings.gateway("a", "g") ?? assert.fail()
  assertValues(gateway.tokens, ["tok-of-the-file"])
  assert.deepEqual([...gateway.keys.get("baseten")?.values() ?? []].map(Redacted.value), [
    "sk-first",
    "sk-spare",
  ])
  const [header] = gateway.customProviders.get("custom-x")?.headers ?? []
  assert.ok(header?.stored && Redacted.value(header.value) === "tok-of-the-file")
  assert.ok(settings.secrets.contains("sk-spare"))
  const variables = { BASEGATE_CONFIG, BASETEN_API_KEY: "sk-first" }
  assert.match(await failureOf(variables), /expected the file \/run\/token, .*: there is no such file/)
  const lines = { ...texts, "/run/token": "tok-one\ntok-two\n" }
  assert.match(
    await failureOf(variables, lines),
    /expected the file \/run\/token, .* to hold a secret, in one line/,
  )
})

test("where there are no files, what would need one says so", async () => {
  const cases: ReadonlyArray<readonly [Environment, RegExp]> = [
    [
      { BASETEN_API_KEY_FILE: "key" },
      /^BASETEN_API_KEY_FILE: expected BASETEN_API_KEY in its place: Workers have no/,
    ],
    [
      { BASEGATE_CONFIG_FILE: "x" },
      /^BASEGATE_CONFIG_FILE: expected BASEGATE_CONFIG in its place: Workers have no/,
    ],
    [
      { BASEGATE_CONFIG: { defaults: { tokens: ["file:x"] } } },
      /expected env:NAME in place of file:PATH: Workers/,
    ],
  ]
  for (const [environment, expected] of cases) {
    const loaded = await loadSettings({ environment })
    assert.match(Result.isFailure(loaded) ? problemsText(loaded.failure) : "nothing", expected)
  }
})
