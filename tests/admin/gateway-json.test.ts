import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, withAdmin } from "./some-admin.ts"

const secrets = {
  BASETEN_API_KEY: "sk-baseten-secret",
  BASEGATE_TOKENS: "tok-secret-all",
  TEAM_KEY: "sk-team-secret",
  HEADER_KEY: "sk-header-secret",
}
const full = {
  tokens: ["tok-secret-own"],
  cache_ttl: 300,
  rate_limiting_limit: 10,
  rate_limiting_interval: 60,
  rate_limiting_technique: "sliding",
  rate_limits: [{ limit: 5, interval: 1, per: ["key"] }],
  retry_max_attempts: 3,
  collect_logs: true,
  log_management: 20_000,
  log_management_strategy: "STOP_INSERTING",
  log_retention: 3600,
  provider_keys: { baseten: { research: "env:TEAM_KEY" } },
  custom_providers: {
    spare: {
      base_url: "https://spare.example/",
      headers: { "x-key": "env:HEADER_KEY", "x-plain": "plain-secret" },
    },
  },
  prices: { "a/model": { input: 1, output: 2 } },
  circuit_breaker: {},
  total_timeout: 60_000,
  spend_limits: {
    enabled: true,
    rules: [{ id: "monthly", limit: 5, limitType: "cost", window: 3600, technique: "fixed", enabled: true }],
  },
}
const variables = { ...secrets, BASEGATE_CONFIG: { gateways: { "a/full": full, "a/plain": {}, "b/g": {} } } }

test("a gateway's settings are shown under Cloudflare's names, without a secret", () =>
  withAdmin(
    async (ask) => {
      const { text, body } = await ask("gateways/full")
      const settings = body.result as Record<string, unknown>
      const expected = {
        id: "full",
        authentication: true,
        cache_ttl: 300,
        cache_invalidate_on_update: false,
        collect_logs: true,
        log_management: 20_000,
        log_management_strategy: "STOP_INSERTING",
        rate_limiting_limit: 10,
        rate_limiting_interval: 60,
        rate_limiting_technique: "sliding",
        retry_max_attempts: 3,
        retry_delay: 500,
        retry_backoff: "exponential",
        spend_limits: full.spend_limits,
        dlp: null,
        guardrails: null,
        log_retention: 3600,
        total_timeout: 60_000,
        circuit_breaker: { failure_rate: 0.5, minimum_calls: 10, window: 30, open: 15 },
        provider_keys: { baseten: ["default", "research"] },
        custom_providers: { spare: { base_url: "https://spare.example" } },
        prices: ["a/model"],
      }
      assert.deepEqual(
        Object.fromEntries(Object.keys(expected).map((name) => [name, settings[name]])),
        expected,
      )
      assert.equal((settings["rate_limits"] as ReadonlyArray<unknown>).length, 1)
      for (const secret of [...Object.values(secrets), "tok-secret-own", "plain-secret"]) {
        assert.ok(!text.includes(secret), secret)
      }
      const plain = (await ask("gateways/plain")).body.result as Record<string, unknown>
      assert.deepEqual(
        [
          plain["rate_limiting_limit"],
          plain["total_timeout"],
          plain["circuit_breaker"],
          plain["log_retention"],
        ],
        [null, null, null, null],
      )
    },
    {},
    variables,
  ))

test("the gateways of an account are those with an entry, in pages", () =>
  withAdmin(
    async (ask) => {
      const ids = async (query = "") => {
        const { body } = await ask(`gateways${query}`)
        return [(body.result as ReadonlyArray<{ id: string }>).map(({ id }) => id), body.result_info]
      }
      assert.deepEqual(await ids(), [["full", "plain"], { page: 1, per_page: 20, count: 2, total_count: 2 }])
      assert.deepEqual(await ids("?per_page=1&page=2"), [
        ["plain"],
        { page: 2, per_page: 1, count: 1, total_count: 2 },
      ])
      assert.deepEqual((await ids("?search=ful"))[0], ["full"])
      assert.deepEqual((await ids("?page=9"))[0], [])
      assertRefused(await ask("gateways?per_page=0"), [400, 7001], /per_page/)
    },
    {},
    variables,
  ))

test("the URL of a provider is the same as from the Workers binding", () =>
  withAdmin(
    async (ask) => {
      const urlOf = async (provider: string) => (await ask(`gateways/full/url/${provider}`)).body.result
      assert.equal(await urlOf("universal"), "https://gate.example/v1/a/full/")
      assert.equal(await urlOf("baseten"), "https://gate.example/v1/a/full/baseten")
      assert.equal(await urlOf("custom-spare"), "https://gate.example/v1/a/full/custom-spare")
      assertRefused(
        await ask("gateways/full/url/openai"),
        [404, 7002],
        /no provider openai; it has baseten, compat/,
      )
    },
    {},
    variables,
  ))
