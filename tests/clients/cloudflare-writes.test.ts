/** The official Cloudflare SDK writes gateways, routes, keys and custom providers. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import Cloudflare from "cloudflare"
import { createGateway, type Gateway } from "../../mod.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"

let simulator: Simulator
let gateway: Gateway
before(async () => {
  simulator = await startSimulator()
  const declared = { "acme/declared": {} }
  gateway = createGateway({
    env: {
      ...simulator.env,
      BASEGATE_ADMIN_TOKEN: "ops:write:adm-1",
      BASEGATE_SECRET_KEY: btoa("0123456789abcdef0123456789abcdef"),
      BASEGATE_CONFIG: JSON.stringify({ gateways: declared }),
      BASEGATE_OPEN: "true",
      LOG_LEVEL: "none",
    },
  })
})
after(async () => {
  await gateway.dispose()
  await simulator.close()
})

const account_id = "acme"
const { aiGateway } = new Cloudflare({
  apiToken: "adm-1",
  baseURL: "https://gate.example/client/v4",
  fetch: (input, init) => gateway.fetch(new Request(input, init)),
  maxRetries: 0,
})
const required = {
  cache_invalidate_on_update: true,
  cache_ttl: 0,
  collect_logs: true,
  rate_limiting_interval: 0,
  rate_limiting_limit: 0,
}

const call = (path: string, model: string, headers: Record<string, string> = {}) =>
  gateway.fetch(
    new Request(`https://gate.example/v1/acme/${path}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-own", ...headers },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
    }),
  )

test("guardrails are updated, and hold for the next call", async () => {
  const guarded = createGateway({
    env: {
      ...simulator.env,
      BASETEN_API_KEY: "sk-stored",
      BASEGATE_ADMIN_TOKEN: "adm-1",
      BASEGATE_CONFIG: JSON.stringify({
        gateways: {},
        defaults: { guardrails_scanner: { model: "baseten/meta-llama/Llama-Guard-3-8B" } },
      }),
      LOG_LEVEL: "none",
    },
  })
  const { aiGateway: own } = new Cloudflare({
    apiToken: "adm-1",
    baseURL: "https://gate.example/client/v4",
    fetch: (input, init) => guarded.fetch(new Request(input, init)),
    maxRetries: 0,
  })
  const ask = async (content: string) => {
    const response = await guarded.fetch(
      new Request("https://gate.example/v1/acme/guarded/baseten/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer sk-own" },
        body: JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content }] }),
      }),
    )
    await response.text()
    return response
  }
  await own.create({ account_id, id: "guarded", ...required })
  assert.equal((await ask("[S1]")).status, 200)
  const guardrails = { prompt: { S1: "BLOCK" }, response: { S2: "FLAG" } } as const
  const updated = await own.update("guarded", { account_id, ...required, guardrails })
  assert.deepEqual(updated.guardrails, guardrails)
  assert.deepEqual((await own.get("guarded", { account_id })).guardrails, guardrails)
  assert.equal((await ask("[S1]")).status, 424)
  assert.equal((await ask("[S3]")).status, 200)
  await own.update("guarded", { account_id, ...required, guardrails: null })
  assert.equal((await ask("[S1]")).status, 200)
  await guarded.dispose()
  // Without a scanner nothing could be judged.
  await aiGateway.create({ account_id, id: "scanless", ...required })
  await assert.rejects(
    aiGateway.update("scanless", { account_id, ...required, guardrails }),
    /guardrails_scanner/,
  )
})

test("gateways are created, found, replaced and deleted", async () => {
  const created = await aiGateway.create({ account_id, id: "crud", ...required, zdr: false, logpush: false })
  assert.deepEqual(
    [created.id, created.cache_ttl, created.cache_invalidate_on_update, created.rate_limiting_limit],
    ["crud", 0, true, 0],
  )
  assert.ok(Date.parse(created.created_at) > 0)
  await assert.rejects(aiGateway.create({ account_id, id: "crud", ...required }), Cloudflare.ConflictError)
  assert.equal((await call("crud/compat", "baseten/openai/gpt-oss-120b")).status, 200)

  const replaced = await aiGateway.update("crud", {
    account_id,
    ...required,
    cache_ttl: 300,
    rate_limiting_limit: 1,
    rate_limiting_interval: 3600,
    retry_backoff: null,
    spend_limits: { enabled: true, rules: [{ limit: 5, limitType: "cost", window: 86_400 }] },
  })
  assert.deepEqual([replaced.cache_ttl, replaced.rate_limiting_limit], [300, 1])
  assert.deepEqual(replaced.spend_limits?.rules?.[0]?.id, "rule-1")
  const uncached = { "cf-aig-skip-cache": "true" }
  assert.equal((await call("crud/compat", "baseten/openai/gpt-oss-120b", uncached)).status, 200)
  assert.equal((await call("crud/compat", "baseten/openai/gpt-oss-120b", uncached)).status, 429)

  for (const id of ["listed-1", "listed-2", "listed-3"]) {
    await aiGateway.create({ account_id, id, ...required })
  }
  const seen: Array<string> = []
  for await (const { id } of aiGateway.list({ account_id, search: "listed", per_page: 2 })) seen.push(id)
  assert.deepEqual(seen, ["listed-1", "listed-2", "listed-3"])

  assert.equal((await aiGateway.delete("crud", { account_id })).id, "crud")
  await assert.rejects(aiGateway.get("crud", { account_id }), Cloudflare.NotFoundError)
  assert.equal((await call("crud/compat", "baseten/openai/gpt-oss-120b")).status, 400, "it is gone at once")
})

test("what asks for what this gateway does not have is refused by name, and so is a declared gateway", async () => {
  await assert.rejects(
    aiGateway.create({ account_id, id: "wants", ...required, logpush: true, zdr: true }),
    (error: unknown) =>
      error instanceof Cloudflare.BadRequestError && /logpush: not supported.*zdr: not/.test(error.message),
  )
  await assert.rejects(
    aiGateway.create({ account_id, id: "wants", ...required, cache_ttl: -1 }),
    (error: unknown) =>
      error instanceof Cloudflare.BadRequestError && /cache_ttl: expected/.test(error.message),
  )
  for (
    const write of [
      () => aiGateway.create({ account_id, id: "declared", ...required }),
      () => aiGateway.update("declared", { account_id, ...required }),
      () => aiGateway.delete("declared", { account_id }),
    ]
  ) {
    await assert.rejects(
      write(),
      (error: unknown) => error instanceof Cloudflare.ConflictError && /BASEGATE_CONFIG/.test(error.message),
    )
  }
})

const elements = (model: string): Cloudflare.AIGateway.DynamicRoutingCreateParams["elements"] => [
  { id: "start", type: "start", outputs: { next: { elementId: "call" } } },
  {
    id: "call",
    type: "model",
    properties: { provider: "baseten", model, retries: 0, timeout: 60_000 },
    outputs: { success: { elementId: "end" }, fallback: { elementId: "end" } },
  },
  { id: "end", type: "end", outputs: {} },
]

test("dynamic routes are drafted, deployed, rolled back, renamed and deleted", async () => {
  await aiGateway.create({ account_id, id: "routed", ...required })
  const { dynamicRouting } = aiGateway
  const place = { account_id, gateway_id: "routed" }
  const modelOf = async (route: string) => {
    const response = await call("routed/compat", `dynamic/${route}`)
    await response.text()
    return response.status === 200 ? response.headers.get("cf-aig-model") : response.status
  }
  const created = await dynamicRouting.create("routed", {
    account_id,
    name: "fast",
    elements: elements("openai/gpt-oss-120b"),
  })
  assert.deepEqual([created.name, created.gateway_id, created.version.active], ["fast", "routed", "true"])
  assert.equal(await modelOf("fast"), "openai/gpt-oss-120b")

  await dynamicRouting.createVersion(created.id, { ...place, elements: elements("zai-org/GLM-5.3") })
  assert.equal(await modelOf("fast"), "openai/gpt-oss-120b", "a draft serves nobody")
  const { data: { versions } } = await dynamicRouting.listVersions(created.id, place)
  assert.deepEqual(versions.map(({ active }) => active), ["false", "true"])
  const [draft, first] = versions.map(({ version_id }) => version_id)
  const shown = await dynamicRouting.getVersion(draft ?? "", { ...place, id: created.id })
  assert.deepEqual([shown.version_id, shown.active, shown.elements.length], [draft, "false", 3])

  await dynamicRouting.createDeployment(created.id, { ...place, version_id: draft ?? "" })
  assert.equal(await modelOf("fast"), "zai-org/GLM-5.3")
  await dynamicRouting.createDeployment(created.id, { ...place, version_id: first ?? "" })
  assert.equal(await modelOf("fast"), "openai/gpt-oss-120b")
  const { data: { deployments } } = await dynamicRouting.listDeployments(created.id, place)
  assert.deepEqual(deployments.map(({ version_id }) => version_id), [first, draft, first])

  const { route, success } = await dynamicRouting.update(created.id, { ...place, name: "swift" })
  assert.deepEqual([route.name, success], ["swift", true])
  assert.deepEqual([await modelOf("swift"), typeof await modelOf("fast")], ["openai/gpt-oss-120b", "number"])
  const { data: { routes } } = await dynamicRouting.list("routed", { account_id })
  assert.deepEqual(routes.map(({ id, name }) => [id, name]), [[created.id, "swift"]])
  assert.equal((await dynamicRouting.get(created.id, place)).deployment.version_id, first)
  assert.equal((await dynamicRouting.delete(created.id, place)).name, "swift")
  await assert.rejects(dynamicRouting.get(created.id, place), Cloudflare.NotFoundError)

  const [start, ...rest] = elements("openai/gpt-oss-120b")
  const broken = [start, ...rest.slice(1)] as typeof rest
  await assert.rejects(
    dynamicRouting.create("routed", { account_id, name: "broken", elements: broken }),
    (error: unknown) =>
      error instanceof Cloudflare.BadRequestError && /elements: route .*start/.test(error.message),
  )
})

test("keys of providers are sealed, and custom providers are the account's", async () => {
  await aiGateway.create({ account_id, id: "keyed", ...required })
  const secret = "sk-stored-0123456789-wxyz"
  const config = await aiGateway.providerConfigs.create("keyed", {
    account_id,
    alias: "prod",
    default_config: true,
    provider_slug: "baseten",
    secret,
  })
  assert.deepEqual([config.alias, config.default_config, config.gateway_id], ["prod", true, "keyed"])
  assert.match(config.secret_preview, /^\*+wxyz$/)
  const listed = (await aiGateway.providerConfigs.list("keyed", { account_id })).result
  assert.deepEqual(listed.map(({ id }) => id), [config.id])
  assert.ok(!JSON.stringify([config, listed]).includes(secret))
  const response = await call("keyed/compat", "baseten/openai/gpt-oss-120b", {
    authorization: "",
    "x-simulator-case": "sealed",
  })
  assert.equal(response.status, 200)
  const sent = new Headers(simulator.requests("sealed")[0]?.raw_headers as Array<[string, string]>)
  assert.match(sent.get("authorization") ?? "", new RegExp(`${secret}$`))

  const provider = await aiGateway.customProviders.create({
    account_id,
    name: "One",
    slug: "one",
    base_url: "https://one.example",
    headers: JSON.stringify({ "x-api-key": "0123456789abcdefghij", "x-version": "1" }),
  })
  assert.deepEqual(JSON.parse(provider.headers ?? ""), { "x-api-key": "****ghij", "x-version": "1" })
  assert.equal((await aiGateway.customProviders.get(provider.id, { account_id })).slug, "one")
  const found = await aiGateway.customProviders.list({ account_id, search: "ONE" })
  assert.deepEqual(found.result.map(({ slug }) => slug), ["one"])
  const { custom_providers } = await aiGateway.get("keyed", { account_id }) as unknown as Record<
    string,
    object
  >
  assert.deepEqual(custom_providers, { one: { base_url: "https://one.example" } })
  await assert.rejects(
    aiGateway.customProviders.create({ account_id, name: "x", slug: "one", base_url: "https://x.example" }),
    Cloudflare.ConflictError,
  )
  await assert.rejects(
    aiGateway.customProviders.create({ account_id, name: "x", slug: "two", base_url: "http://x.example" }),
    (error: unknown) =>
      error instanceof Cloudflare.BadRequestError && /base_url: expected/.test(error.message),
  )
  assert.equal((await aiGateway.customProviders.delete(provider.id, { account_id })).slug, "one")
  await assert.rejects(aiGateway.customProviders.get(provider.id, { account_id }), Cloudflare.NotFoundError)
})

test("datasets and evaluations are made, read, run and deleted", async () => {
  await aiGateway.create({ account_id, id: "judged", ...required })
  const answer = await call("judged/compat", "baseten/openai/gpt-oss-120b")
  assert.ok((await answer.text()).length > 0)
  // It is logged a turn after it has been read.
  for (let turn = 0; turn < 100; turn++) {
    if ((await aiGateway.logs.list("judged", { account_id })).result.length > 0) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const filters = [{ key: "success" as const, operator: "eq" as const, value: [true] }]
  const dataset = await aiGateway.datasets.create("judged", {
    account_id,
    name: "good",
    enable: true,
    filters,
  })
  assert.deepEqual([dataset.gateway_id, dataset.filters], ["judged", filters])
  const of = { account_id, gateway_id: "judged" }
  assert.equal((await aiGateway.datasets.get(dataset.id, of)).name, "good")
  const types = await aiGateway.evaluationTypes.list({ account_id })
  assert.ok(types.result.some(({ type }) => type === "cost"))
  const evaluation = await aiGateway.evaluations.create("judged", {
    account_id,
    name: "today",
    dataset_ids: [dataset.id],
    evaluation_type_ids: ["speed", "cost"],
  })
  assert.deepEqual([evaluation.processed, evaluation.total_logs], [true, 1])
  assert.ok(evaluation.results.every(({ result }) => Number(result) > 0))
  const listed = await aiGateway.evaluations.list("judged", { account_id })
  assert.deepEqual(listed.result.map(({ id }) => id), [evaluation.id])
  assert.equal((await aiGateway.evaluations.delete(evaluation.id, of)).id, evaluation.id)
  assert.equal((await aiGateway.datasets.delete(dataset.id, of)).id, dataset.id)
  await assert.rejects(aiGateway.datasets.get(dataset.id, of), Cloudflare.NotFoundError)
})
