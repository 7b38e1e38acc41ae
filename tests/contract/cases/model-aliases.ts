/** Model aliases: names of the operator's own for several models, which are tried in an order. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, failing, type Harness, json } from "../harness.ts"

/** What these cases need configured. GLM costs more than gpt-oss. */
export const modelAliasEntries = ({ url }: Simulator): Configured => ({
  entries: {
    aliases: {
      tokens: [
        "value-of-aliases",
        { name: "alias-only", token: "value-of-alias-only", models: ["custom/support"] },
        { name: "model-only", token: "value-of-model-only", models: ["openai/*"] },
      ],
      provider_keys: { "custom-own": { default: "env:KEY_OF_ALIASES_OWN" } },
      custom_providers: { own: { base_url: `${url}/v1`, allow_http: true } },
      model_aliases: {
        support: { targets: ["baseten/zai-org/GLM-5.3", "baseten/openai/gpt-oss-120b"] },
        cheap: { targets: ["baseten/zai-org/GLM-5.3", "baseten/openai/gpt-oss-120b"], order: "cheapest" },
        quick: { targets: ["baseten/zai-org/GLM-5.3", "baseten/openai/gpt-oss-120b"], order: "fastest" },
        elsewhere: { targets: ["custom-own/openai/gpt-oss-120b"] },
      },
    },
  },
  variables: { KEY_OF_ALIASES_OWN: "sk-aliases-own" },
})

export const modelAliasCases = (harness: Harness): void => {
  const call = async (
    name: string,
    { token = "value-of-aliases", path = "compat/chat/completions", fails = [] as ReadonlyArray<object> } =
      {},
  ) => {
    const id = harness.nextCase()
    await failing(harness, id, fails)
    const rest = path.startsWith("v1/")
    const url = rest
      ? `${harness.configured.url}/client/v4/accounts/account/ai/${path}`
      : `${harness.entry("aliases")}/${path}`
    const response = await fetch(url, {
      method: "POST",
      headers: {
        ...json,
        authorization: `Bearer ${token}`,
        "cf-aig-gateway-id": "aliases",
        "x-simulator-case": id,
      },
      body: chat({ model: `custom/${name}`, input: "hi", max_tokens: 9 }),
    })
    const text = await response.text()
    const models = harness.simulator.requests(id).map(({ body_text }) =>
      (JSON.parse(body_text ?? "{}") as { model: string }).model
    )
    return { response, status: response.status, text, models }
  }
  const glm = "zai-org/GLM-5.3", gpt = "openai/gpt-oss-120b"

  test("the models are called in the order of the settings until one answers", async () => {
    const first = await call("support")
    assert.deepEqual([first.status, first.models], [200, [glm]])
    const second = await call("support", { fails: [{ status: 503 }] })
    assert.deepEqual([second.status, second.models], [200, [glm, gpt]])
    assert.equal(second.response.headers.get("cf-aig-model"), gpt)
    const record = await harness.recordOf(second.response)
    assert.deepEqual([record["model"], record["requested_model"]], [gpt, "custom/support"])
    assert.deepEqual((await harness.attemptsOf(second.response)).map(({ status }) => status), [503, 200])
    const none = await call("support", { fails: [{ status: 503 }, { status: 429 }] })
    assert.deepEqual([none.status, none.models], [429, [glm, gpt]])
  })

  test("cheapest begins with the lower price", async () => {
    assert.deepEqual((await call("cheap")).models, [gpt])
  })

  test("fastest tries each model, and stays with the one that answers", async () => {
    const failed = await call("quick", { fails: [{ status: 503 }] })
    assert.deepEqual([failed.status, failed.models], [200, [glm, gpt]])
    for (let times = 0; times < 3; times++) assert.deepEqual((await call("quick")).models, [gpt])
  })

  test("an alias is a model of the REST surface in every format", async () => {
    for (const path of ["v1/chat/completions", "v1/responses", "v1/messages"]) {
      const { status, models } = await call("support", { path })
      assert.deepEqual([status, models], [200, [glm]], path)
    }
    const { status, response } = await call("elsewhere", { path: "v1/chat/completions" })
    assert.deepEqual([status, response.headers.get("cf-aig-provider")], [200, "custom-own"])
  })

  test("a token that lists the alias may use all of its models; one that lists a model, only that one", async () => {
    const covered = await call("support", { token: "value-of-alias-only", fails: [{ status: 503 }] })
    assert.deepEqual([covered.status, covered.models], [200, [glm, gpt]])
    assert.equal((await call("cheap", { token: "value-of-alias-only" })).status, 403)
    const refused = await call("support", { token: "value-of-model-only", fails: [] })
    assert.deepEqual([refused.status, refused.models], [200, [gpt]])
  })

  test("an alias that does not exist is 400, code 2019", async () => {
    const { status, text, models } = await call("nothing")
    assert.deepEqual([status, (JSON.parse(text) as { internalCode: number }).internalCode, models], [
      400,
      2019,
      [],
    ])
  })

  test("compat/models lists the aliases that a token may use", async () => {
    const listed = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${harness.entry("aliases")}/compat/models`, { headers })
      const { data } = await response.json() as { data: ReadonlyArray<{ id: string }> }
      return data.map(({ id }) => id).filter((id) => id.startsWith("custom/"))
    }
    assert.deepEqual(await listed("value-of-aliases"), [
      "custom/support",
      "custom/cheap",
      "custom/quick",
      "custom/elsewhere",
    ])
    assert.deepEqual(await listed("value-of-alias-only"), ["custom/support"])
  })
}
