/**
 * Gateways, tokens, keys and a dynamic route that are written through the management API, and some calls of them.
 *
 * @module
 */
import assert from "node:assert/strict"
import { adminToken, type Filled, hostile } from "./filled-gateway.ts"

/** 32 bytes, and a provider's key that only the environment has. */
export const managedVariables = {
  BASEGATE_SECRET_KEY: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
  SPARE_KEY: "sk-spare-0001",
}

const success = { success: { elementId: "end" } }

/** A route with a bit of everything. */
const routeElements = [
  { id: "start", type: "start", outputs: { next: { elementId: "plan" } } },
  {
    id: "plan",
    type: "conditional",
    properties: { conditions: { "metadata.plan": "free" } },
    outputs: { true: { elementId: "free-limit" }, false: { elementId: "split" } },
  },
  {
    id: "free-limit",
    type: "rate",
    properties: { limitType: "count", key: "metadata.user", limit: 3, window: 3600 },
    outputs: { success: { elementId: "small" }, fallback: { elementId: "end" } },
  },
  {
    id: "split",
    type: "percentage",
    outputs: { "30%": { elementId: "small" }, else: { elementId: "large" } },
  },
  {
    id: "large",
    type: "model",
    properties: { provider: "baseten", model: "zai-org/GLM-5.3", timeout: 20_000, retries: 1 },
    outputs: { ...success, fallback: { elementId: "small" } },
  },
  {
    id: "small",
    type: "model",
    properties: { provider: "baseten", model: "openai/gpt-oss-120b" },
    outputs: success,
  },
  { id: "end", type: "end" },
]

/** Writes through the API of a filled gateway. */
export const writer =
  ({ url }: Pick<Filled, "url">) => async (method: string, path: string, body?: object, tag?: string) => {
    const response = await fetch(`${url}/client/v4/accounts/acme/ai-gateway${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        "content-type": "application/json",
        ...(tag !== undefined && { "if-match": tag }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const { result, errors } = await response.json() as {
      readonly result: Record<string, unknown>
      readonly errors: ReadonlyArray<{ readonly message: string }>
    }
    assert.ok(response.ok, errors[0]?.message)
    return result
  }

/** Writes the gateway `team`, and calls it `calls` times. */
export const fillManaged = async (gateway: Filled, calls: number): Promise<{ readonly token: string }> => {
  const write = writer(gateway)
  await write("POST", "/gateways", {
    id: "team",
    authentication: true,
    cache_ttl: 300,
    retry_max_attempts: 3,
    rate_limiting_limit: 600,
    rate_limiting_interval: 60,
    spend_limits: { rules: [{ id: "monthly", limit: 250, limitType: "cost", window: "month" }] },
    collect_log_payloads: true,
  })
  await write("POST", "/custom-providers", {
    name: `Spare ${hostile}`,
    slug: "spare",
    base_url: "https://llm.example.com/v1",
    headers: { "x-tenant": "acme", authorization: "env:SPARE_KEY" },
  })
  await write("POST", "/gateways/team/provider_configs", {
    provider_slug: "baseten",
    alias: "default",
    secret: "sk-sealed-7f3a",
  })
  await write("POST", "/gateways/team/provider_configs", {
    provider_slug: "custom-spare",
    alias: "default",
    secret: "env:SPARE_KEY",
  })
  const ann = await write("POST", "/gateways/team/tokens", {
    name: "ann",
    metadata: { team: "search", user: "ann" },
    spend_limits: { rules: [{ id: "own", limit: 20, limitType: "cost", window: "month" }] },
  })
  const token = String(ann["token"])
  await write("POST", "/gateways/team/tokens", {
    name: "nightly-batch",
    models: ["openai/*"],
    expires: "2027-01-01",
  })
  await write("POST", "/gateways/team/routes", { name: "chat", elements: routeElements })
  for (let call = 0; call < calls; call++) {
    const response = await fetch(`${gateway.url}/v1/acme/team/compat/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "cf-aig-authorization": `Bearer ${token}`,
        "cf-aig-metadata": JSON.stringify({ plan: call % 3 === 0 ? "free" : "paid" }),
        "cf-aig-skip-cache": "true",
      },
      body: JSON.stringify({ model: "dynamic/chat", messages: [{ role: "user", content: `Hello ${call}` }] }),
    })
    await response.text()
  }
  await write("PATCH", "/gateways/team", { cache_ttl: 600 })
  return { token }
}

/** Datasets, a judge, and two evaluations of the gateway `team`, which have ended. */
export const fillEvaluations = async (gateway: Filled): Promise<void> => {
  const write = writer(gateway)
  const made = async (path: string, body: object): Promise<string> =>
    String((await write("POST", path, body))["id"])
  const everything = await made("/gateways/team/datasets", { name: "all of November", filters: [] })
  const paid = await made("/gateways/team/datasets", {
    name: `paid plans ${hostile.replaceAll(/\p{Cc}/gu, "")}`,
    filters: [
      { key: "metadata.key", operator: "eq", value: ["plan"] },
      { key: "metadata.value", operator: "eq", value: ["paid"] },
      { key: "success", operator: "eq", value: [true] },
    ],
  })
  const judge = {
    type: "judge",
    model: "baseten/openai/gpt-oss-120b",
    prompt: "Does it help?\n{{request}}\n{{answer}}",
  }
  const helpful = await made("/evaluation-types", { ...judge, name: "Helpful", max_cost: 2 })
  const polite = await made("/evaluation-types", { ...judge, name: "Polite", verdict: "pass", sample: 12 })
  const evaluations: Array<string> = []
  for (
    const [name, dataset] of [["before the new prompt", everything], ["with the new prompt", paid]] as const
  ) {
    evaluations.push(
      await made("/gateways/team/evaluations", {
        name,
        dataset_ids: [dataset],
        evaluation_type_ids: ["cost", "speed", "duration_p95", "error_share", helpful, polite],
      }),
    )
    await write("PUT", `/evaluation-types/${helpful}`, {
      ...judge,
      name: "Helpful",
      max_cost: 2,
      prompt: "Is it really of any help?\n{{answer}}",
    })
  }
  for (const id of evaluations) {
    while ((await write("GET", `/gateways/team/evaluations/${id}`))["processed"] !== true) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
