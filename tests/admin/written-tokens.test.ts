/** Tokens that are written through the management API: shown once, changed, rotated, revoked. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import { createGateway, RequestLog, Transport } from "../../mod.ts"
import type { Answer } from "./some-admin.ts"

interface Token extends Record<string, unknown> {
  readonly id: string
  readonly name: string
  readonly token: string
}

const withGateway = async (
  use: (
    write: (
      method: string,
      path: string,
      body?: unknown,
      headers?: Record<string, string>,
    ) => Promise<Answer>,
    call: (gateway: string, token: string, model?: string) => Promise<readonly [number, string]>,
  ) => Promise<void>,
) => {
  const gateway = createGateway({
    env: {
      BASEGATE_ADMIN_TOKEN: "adm-1",
      BASEGATE_CONFIG: {
        gateways: { "a/declared": { tokens: ["plain", { name: "eve", token: "declared-1" }] } },
      },
      LOG_LEVEL: "none",
    },
    log: RequestLog.layerMemory(),
    transport: Layer.succeed(Transport, {
      decodes: new Set<string>(),
      send: () => Promise.resolve(Response.json({ usage: { prompt_tokens: 1, completion_tokens: 1 } })),
    }),
  })
  try {
    await use(async (method, path, body, headers) => {
      const response = await gateway.fetch(
        new Request(`https://gate.example/client/v4/accounts/a/ai-gateway/${path}`, {
          method,
          headers: { authorization: "Bearer adm-1", ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      )
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: JSON.parse(text) as Answer["body"],
      }
    }, async (id, token, model = "openai/gpt-oss-120b") => {
      const response = await gateway.fetch(
        new Request(`https://gate.example/v1/a/${id}/baseten/v1/chat/completions`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            authorization: "Bearer sk-own",
            ...(token !== "" && { "cf-aig-authorization": `Bearer ${token}` }),
          },
          body: JSON.stringify({ model, messages: [] }),
        }),
      )
      const text = await response.text()
      await gateway.idle()
      return [response.status, text]
    })
  } finally {
    await gateway.dispose()
  }
}

const tokenIn = ({ body }: Answer) => body.result as Token

test("a token's value is shown once, and closes the gateway for those without one", () =>
  withGateway(async (write, call) => {
    await write("POST", "gateways", { id: "g" })
    assert.equal((await call("g", ""))[0], 200)
    const made = await write("POST", "gateways/g/tokens", { name: "ann", models: ["openai/*"] })
    assert.equal(made.status, 200, made.text)
    const { id, name, token } = tokenIn(made)
    assert.equal(name, "ann")
    assert.match(token, /^bgt_[\w-]{43}$/)
    assert.deepEqual([(await call("g", ""))[0], (await call("g", token))[0]], [401, 200])
    assert.equal((await call("g", token, "zai-org/GLM-5.3"))[0], 403)
    const shown = await Promise.all(
      ["gateways/g/tokens", `gateways/g/tokens/${id}`, "gateways/g", "audit"].map((path) =>
        write("GET", path)
      ),
    )
    for (const answer of shown) assert.ok(!answer.text.includes(token.slice(4)), answer.text)
    const changed = await write("PATCH", `gateways/g/tokens/${id}`, {
      models: null,
      metadata: { team: "search" },
    })
    assert.deepEqual([tokenIn(changed)["models"], tokenIn(changed)["metadata"]], [null, { team: "search" }])
    assert.equal((await call("g", token, "zai-org/GLM-5.3"))[0], 200)
    const logs = await write("GET", "gateways/g/logs?per_page=1")
    const [entry] = logs.body.result as ReadonlyArray<Record<string, unknown>>
    assert.deepEqual([entry?.["token"], entry?.["metadata"]], ["ann", { team: "search" }])
  }))

test("rotation leaves the old value valid for a while; revocation leaves nothing, and the gateway closed", () =>
  withGateway(async (write, call) => {
    await write("POST", "gateways", { id: "g" })
    const first = tokenIn(await write("POST", "gateways/g/tokens", { name: "ann" }))
    const place = `gateways/g/tokens/${first.id}`
    const second = tokenIn(await write("POST", `${place}/rotate`, { overlap: 3600 }))
    assert.deepEqual([second.id, second.name, second.token === first.token], [first.id, "ann", false])
    assert.deepEqual([(await call("g", first.token))[0], (await call("g", second.token))[0]], [200, 200])
    const third = tokenIn(await write("POST", `${place}/rotate`, { overlap: 0 }))
    const [old, none] = [await call("g", first.token), await call("g", second.token)]
    assert.deepEqual([old[0], none[0], (await call("g", third.token))[0]], [401, 401, 200])
    assert.equal((await write("DELETE", place, undefined, { "if-match": '"1"' })).status, 409)
    assert.equal((await write("DELETE", place)).status, 200)
    assert.deepEqual([(await call("g", third.token))[0], (await call("g", ""))[0]], [401, 401])
    await write("PUT", "gateways/g", { cache_ttl: 1 })
    assert.equal((await call("g", ""))[0], 401, "a PUT that does not speak of it opens nothing")
    await write("PATCH", "gateways/g", { authentication: false })
    assert.equal((await call("g", ""))[0], 200)
  }))

test("names differ, values are the gateway's own or a digest, and what is wrong is named", () =>
  withGateway(async (write) => {
    await write("POST", "gateways", { id: "g" })
    const post = (body: unknown) => write("POST", "gateways/g/tokens", body)
    const message = async (body: unknown) => (await post(body)).body.errors[0]?.message ?? ""
    assert.equal((await post({ name: "ann" })).status, 200)
    assert.equal((await post({ name: "ann" })).status, 409)
    assert.match(await message({}), /name: expected/)
    assert.match(await message({ name: "a/b" }), /name: expected a name/)
    assert.match(await message({ name: "x", modles: [] }), /modles: unknown member; perhaps models was meant/)
    assert.match(await message({ name: "x", expires: "soon" }), /^Bad request: expires: expected an ISO date/)
    assert.match(await message({ name: "x", token: "short" }), /token: expected 16 to 512/)
    assert.match(
      await message({ name: "x", token: "env:BASEGATE_ADMIN_TOKEN" }),
      /token: expected a variable of yours/,
    )
    const digest = `sha256:${"ab".repeat(32)}`
    assert.equal((await post({ name: "digest", token: digest })).status, 200)
    assert.equal((await post({ name: "again", token: digest })).status, 400, "one value twice")
    const ofGateway = await write("POST", "gateways", {
      id: "h",
      tokens: [{ name: "bob", token: "0123456789abcdef-x" }],
    })
    assert.equal(ofGateway.status, 200, ofGateway.text)
    const listed = async (gateway: string) =>
      ((await write("GET", `gateways/${gateway}/tokens`)).body.result as ReadonlyArray<Token>)
        .map(({ id, name }) => [typeof id, name])
    assert.deepEqual(await listed("h"), [["string", "bob"]])
    assert.deepEqual(await listed("declared"), [["object", "eve"]], "those that are declared are shown")
    assert.equal((await write("POST", "gateways/declared/tokens", { name: "x" })).status, 409)
  }))

test("a hundred tokens in ten gateways are made, used, rotated and revoked by the API alone", () =>
  withGateway(async (write, call) => {
    const gateways = Array.from({ length: 10 }, (_, at) => `team-${at}`)
    for (const id of gateways) await write("POST", "gateways", { id })
    const made = await Promise.all(
      gateways.flatMap((gateway) =>
        Array.from({ length: 10 }, async (_, at) => {
          const answer = await write("POST", `gateways/${gateway}/tokens`, { name: `${gateway}-${at}` })
          assert.equal(answer.status, 200, answer.text)
          return { gateway, ...tokenIn(answer) }
        })
      ),
    )
    assert.equal(new Set(made.map(({ token }) => token)).size, 100)
    for (const { gateway, token } of made) {
      const other = gateways[(gateways.indexOf(gateway) + 1) % 10] ?? ""
      assert.deepEqual([(await call(gateway, token))[0], (await call(other, token))[0]], [200, 401])
    }
    for (const [at, { gateway, id, token }] of made.entries()) {
      const place = `gateways/${gateway}/tokens/${id}`
      const rotated = tokenIn(await write("POST", `${place}/rotate`, {}))
      assert.deepEqual([(await call(gateway, token))[0], (await call(gateway, rotated.token))[0]], [401, 200])
      if (at % 2 === 1) continue
      assert.equal((await write("DELETE", place)).status, 200)
      assert.equal((await call(gateway, rotated.token))[0], 401)
    }
    // Every call that was let in stands in the log under its token's name.
    const seen = new Map<string, number>()
    for (const gateway of gateways) {
      const { body } = await write("GET", `gateways/${gateway}/logs?per_page=50&success=true`)
      for (const { token } of body.result as ReadonlyArray<Token>) seen.set(token, (seen.get(token) ?? 0) + 1)
    }
    assert.deepEqual([...seen.values()], Array.from({ length: 100 }, () => 2))
    const audit = await write("GET", "audit?per_page=1")
    assert.equal(audit.body.result_info?.["total_count"], 10 + 100 + 100 + 50)
  }))
