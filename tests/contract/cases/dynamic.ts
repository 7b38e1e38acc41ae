/** Dynamic routes: what they choose, limit and fall back to, and with whose keys. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Harness, json } from "../harness.ts"
import { failNext, triesOf } from "../steps.ts"

export const dynamicCases = (harness: Harness): void => {
  const call = (
    route: string,
    id: string,
    headers: Readonly<Record<string, string>> = {},
    members: object = {},
  ) =>
    fetch(`${harness.entry("dynamic")}/compat/chat/completions`, {
      method: "POST",
      headers: {
        ...json,
        "x-simulator-case": id,
        ...headers,
      },
      body: chat({ model: `dynamic/${route}`, ...members }),
    })
  /** Which model answered, after the answer's headers and the answer itself have been found to agree. */
  const answered = async (response: Response): Promise<string> => {
    const text = await response.text()
    assert.equal(response.status, 200, text)
    const { model } = JSON.parse(text) as { model: string }
    assert.equal(response.headers.get("cf-aig-model"), model)
    return model.replace(/^.*\//, "")
  }
  const metadata = (value: object) => ({ "cf-aig-metadata": JSON.stringify(value) })
  const short = { gpt: "gpt-oss-120b", glm: "GLM-5.3" }

  const choices: ReadonlyArray<readonly [route: string, headers: Record<string, string>, members: object]> = [
    ["plan", metadata({ plan: "pro" }), {}],
    ["size", {}, { max_tokens: 101 }],
    ["tier", { "x-tier": "silver" }, {}],
  ]
  for (const [route, headers, members] of choices) {
    test(`dynamic/${route} chooses by the request`, async () => {
      const id = harness.nextCase()
      assert.equal(await answered(await call(route, id, headers, members)), short.glm)
      assert.equal(await answered(await call(route, id)), short.gpt)
      const other = { ...metadata({ plan: "free" }), "x-tier": "tin" }
      assert.equal(await answered(await call(route, id, other, { max_tokens: 100 })), short.gpt)
    })
  }

  test("a percentage gets its share, and 100 gets all", async () => {
    const id = harness.nextCase()
    const count = async (route: string) => {
      const seen = await Promise.all(Array.from({ length: 40 }, async () => answered(await call(route, id))))
      return seen.filter((model) => model === short.glm).length
    }
    assert.equal(await count("all"), 40)
    const half = await count("half")
    assert.ok(half > 0 && half < 40, `${half} of 40`)
  })

  test("a rate admits each value of its key up to the limit, then takes its fallback", async () => {
    const id = harness.nextCase()
    const by = async (user: string) => answered(await call("rate", id, metadata({ user })))
    assert.deepEqual([await by("a"), await by("a"), await by("a")], [short.glm, short.glm, short.gpt])
    assert.equal(await by("b"), short.glm)
  })

  test("a rate without fallback ends the route: 429, code 2003, with Retry-After", async () => {
    const id = harness.nextCase()
    assert.equal(await answered(await call("strict", id)), short.gpt)
    const response = await call("strict", id)
    const { internalCode } = await response.json() as { internalCode: number }
    assert.deepEqual([response.status, internalCode], [429, 2003])
    assert.match(response.headers.get("retry-after") ?? "", /^\d+$/)
    assert.equal(harness.simulator.requests(id).length, 1)
  })

  test("a cost limit counts what requests cost, by cf-aig-custom-cost or by Baseten's price", async () => {
    const id = harness.nextCase()
    const by = async (user: string, cost?: object) =>
      answered(
        await call("spend", id, {
          ...metadata({ user }),
          ...(cost && { "cf-aig-custom-cost": JSON.stringify(cost) }),
        }),
      )
    const dear = { total_cost: 0.006 }
    assert.deepEqual([await by("a", dear), await by("a", dear)], [short.glm, short.glm])
    assert.equal(await by("a"), short.gpt)
    assert.equal(await by("b", { per_token_in: 0, per_token_out: 1 }), short.glm)
    assert.equal(await by("b"), short.gpt)
    assert.deepEqual([await by("c"), await by("c"), await by("c")], [short.glm, short.glm, short.glm])
  })

  test("a model that fails with 529 gives way to its fallback, whose answer can be a stream", async () => {
    for (const stream of [false, true]) {
      const id = harness.nextCase()
      await failNext(harness, id, { status: 529 }, 1)
      const response = await call("backup", id, {}, { stream })
      const text = await response.text()
      assert.match(text, stream ? /data: \[DONE\]\n\n$/ : /"model":"zai-org\/GLM-5.3"/)
      const told = ["cf-aig-model", "cf-aig-provider", "cf-aig-step"].map((name) =>
        response.headers.get(name)
      )
      assert.deepEqual([response.status, ...told], [200, "zai-org/GLM-5.3", "baseten", "0"])
      assert.deepEqual(await triesOf(harness, response), [[0, 1, 529], [0, 1, 200]])
      const { model, attempts, stream: streamed } = await harness.recordOf(response)
      const tried = (attempts as ReadonlyArray<{ model: string }>).map(({ model }) => model)
      assert.deepEqual([model, ...tried], ["zai-org/GLM-5.3", "openai/gpt-oss-120b", "zai-org/GLM-5.3"])
      assert.equal(streamed, stream)
    }
  })

  test("a caller's cache key keeps the answers of different models apart", async () => {
    const id = harness.nextCase()
    const ask = async () => {
      const response = await call("backup", id, { "cf-aig-cache-key": id })
      return [response.headers.get("cf-aig-cache-status"), await answered(response)]
    }
    for (const fault of [{ status: 529 }, {}, { status: 529 }]) await failNext(harness, id, fault, 1)
    assert.deepEqual(await ask(), ["MISS", short.glm])
    assert.deepEqual(await ask(), ["HIT", short.glm])
    assert.deepEqual(await ask(), ["MISS", short.gpt])
    assert.deepEqual(await ask(), ["HIT", short.gpt])
  })

  test("a model without an answer within its timeout gives way to its fallback", async () => {
    const id = harness.nextCase()
    await failNext(harness, id, { hang: "headers" }, 1)
    const response = await call("patient", id)
    assert.equal(await answered(response), short.glm)
    assert.deepEqual(await triesOf(harness, response), [[0, 1, "provider_timeout"], [0, 1, 200]])
  })

  test("a model is retried as often as configured before its fallback is called", async () => {
    const id = harness.nextCase()
    await failNext(harness, id, { status: 503 }, 2)
    const response = await call("stubborn", id)
    assert.equal(await answered(response), short.gpt)
    assert.deepEqual(await triesOf(harness, response), [[0, 1, 503], [0, 2, 503], [0, 3, 200]])
    await failNext(harness, id, { status: 503 }, 3)
    assert.equal(await answered(await call("stubborn", id)), short.glm)
  })

  test("a route ends with its last failure, untouched, or with its last success", async () => {
    const id = harness.nextCase()
    const body = `{"n": 12345678901234567890}`
    for (const fault of [{ status: 500 }, { status: 418, body }]) await failNext(harness, id, fault, 1)
    const response = await call("backup", id)
    assert.deepEqual([response.status, await response.text()], [418, body])
    assert.equal(response.headers.get("cf-aig-model"), "zai-org/GLM-5.3")
    assert.equal(await answered(await call("twice", id)), short.glm)
    const broken = harness.nextCase()
    for (const fault of [{}, { status: 500 }]) await failNext(harness, broken, fault, 1)
    assert.equal(await answered(await call("twice", broken)), short.gpt)
  })

  test("Baseten falls back to a custom provider, and that to Baseten, each with its own key", async () => {
    for (
      const [route, provider, keys] of [
        ["away", "custom-other", ["Bearer sk-own", "Bearer sk-other"]],
        ["home", "baseten", ["Bearer sk-other", "Bearer sk-own"]],
      ] as const
    ) {
      const id = harness.nextCase()
      await failNext(harness, id, { status: 529 }, 1)
      const response = await call(route, id, { "x-api-key": "sk-own-too" })
      await response.text()
      assert.deepEqual([response.status, response.headers.get("cf-aig-provider")], [200, provider])
      const requests = harness.simulator.requests(id)
      assert.deepEqual(requests.map(({ headers }) => headers.authorization), keys)
      assert.deepEqual(requests.map(({ headers }) => headers["x-api-key"]), [undefined, undefined])
      assert.equal((await harness.recordOf(response))["provider"], provider)
    }
  })

  test("an untrusted caller's own key works for Baseten's models, but not with a custom provider's stored key", async () => {
    const foreign = { origin: "https://evil.example" }
    const id = harness.nextCase()
    assert.equal(await answered(await call("backup", id, foreign)), short.gpt)
    const fallback = await call("home", id, foreign)
    assert.equal(await answered(fallback), short.gpt)
    const keyless = await call("home", id, { ...foreign, authorization: "" })
    assert.deepEqual([keyless.status, (await keyless.json() as { internalCode: number }).internalCode], [
      401,
      2009,
    ])
    assert.deepEqual(
      harness.simulator.requests(id).map(({ headers }) => headers.authorization),
      ["Bearer sk-own", "Bearer sk-own"],
    )
  })

  test("the caller's body is unchanged but for the model, and a reasoning_effort that the model would refuse", async () => {
    const id = harness.nextCase()
    const response = await call("effort", id, {}, { reasoning_effort: "low", big: 5 })
    await response.text()
    assert.equal(response.status, 200)
    const expected = chat({ model: "zai-org/GLM-5.2", reasoning_effort: "none", big: 5 })
    assert.deepEqual(
      Object.keys(JSON.parse(harness.reached(id).body_text ?? "")),
      Object.keys(JSON.parse(expected)),
    )
    const changes = (await harness.recordOf(response))["changes"] as ReadonlyArray<string>
    assert.match(changes.join(), /reasoning_effort low/)
  })

  test("a route that calls no model is an error", async () => {
    const response = await call("nowhere", harness.nextCase())
    const { internalCode, description } = await response.json() as Record<string, unknown>
    assert.deepEqual([response.status, internalCode], [502, 2005])
    assert.match(String(description), /"nowhere".*"end"/)
  })

  test("an unknown route is 400, code 2019, and names it", async () => {
    for (const base of [harness.entry("dynamic"), harness.base]) {
      const id = harness.nextCase()
      const response = await fetch(`${base}/compat/chat/completions`, {
        method: "POST",
        headers: { ...json, "x-simulator-case": id },
        body: chat({ model: "dynamic/absent" }),
      })
      const { internalCode, description } = await response.json() as Record<string, unknown>
      assert.deepEqual([response.status, internalCode], [400, 2019])
      assert.match(String(description), /dynamic route "absent"/)
      assert.equal(harness.simulator.requests(id).length, 0)
    }
  })
}
