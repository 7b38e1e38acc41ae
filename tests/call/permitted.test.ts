/** Which calls a token's globs let pass, whatever names the model. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { Call } from "../../lib/call/call.ts"
import type { CallTarget } from "../../lib/call/target.ts"
import { permits, permitted } from "../../lib/call/permitted.ts"
import { findPath, type UpstreamRoute } from "../../lib/route/routes.ts"
import { scripted, someCall, someExchange, someGateway, someSettings } from "../support/some-call.ts"

const entry = (models?: ReadonlyArray<string>) => ({
  custom_providers: { own: { base_url: "https://own.example" } },
  tokens: [{ name: "ann", token: "value-ann", ...(models && { models }) }],
})

/** A call with the token of an entry. */
const callOf = (
  { globs, path = "baseten/v1/chat/completions", method = "POST", model, isCovered }: {
    readonly globs: ReadonlyArray<string> | undefined
    readonly path?: string
    readonly method?: string
    readonly model?: string
    readonly isCovered?: boolean
  },
): Call => {
  const settings = someSettings(entry(globs))
  const route = Result.getOrThrow(findPath(settings, `/v1/a/g/${path}`, "")) as UpstreamRoute
  const change: Partial<CallTarget> = { route, method, ...(isCovered !== undefined && { isCovered }) }
  const body = model === undefined ? {} : { model }
  const { exchange, target, gateway } = someCall({
    entry: entry(globs),
    exchange: someExchange(),
    body,
    change,
  })
  const [token] = gateway.tokens
  return new Call({ exchange, gateway, caller: { token, tokenHeaders: new Set() } }, target, [])
}

/** Why a call is refused; `undefined` if it is made. */
const refusal = async (options: Parameters<typeof callOf>[0]): Promise<string | undefined> => {
  const { next, calls } = scripted(200)
  const result = await permitted(next)(callOf(options))
  if (Result.isSuccess(result)) {
    assert.equal(calls.length, 1)
    return undefined
  }
  assert.equal(calls.length, 0, "what is refused is not called")
  assert.deepEqual([result.failure.status, result.failure.code], [403, 9403])
  return result.failure.detail
}

test("a gateway has the stage only if one of its tokens may not use every model", () => {
  assert.equal(permits(someGateway()), false)
  assert.equal(permits(someGateway(entry())), false)
  assert.equal(permits(someGateway(entry(["*"]))), true)
})

test("a call without a token, or with one that may use every model, passes", async () => {
  assert.equal(await refusal({ globs: undefined, model: "zai-org/GLM-5.2" }), undefined)
  const { next, calls } = scripted(200)
  await permitted(next)(someCall({ entry: entry(["none"]) }))
  assert.equal(calls.length, 1)
})

test("the body's model decides, by its slug or with its provider", async () => {
  for (const globs of [["openai/*"], ["baseten/openai/gpt-oss-120b"], ["x", "openai/gpt-oss-???b"], ["*"]]) {
    assert.equal(await refusal({ globs, model: "openai/gpt-oss-120b" }), undefined, `${globs}`)
  }
  assert.match(
    await refusal({ globs: ["openai/*"], model: "zai-org/GLM-5.2" }) ?? "",
    /^The token "ann" may not use the model "zai-org\/GLM-5\.2"\. It may use openai\/\*\.$/,
  )
})

test("a call whose model is unknown passes only if the token may use all of its provider", async () => {
  for (const model of [undefined, ""]) {
    const options = model === undefined ? {} : { model }
    assert.match(
      await refusal({ globs: ["openai/*"], ...options }) ?? "",
      /names none that the gateway can read/,
    )
    for (const globs of [["*"], ["baseten/*"], ["b*", "x"]]) {
      assert.equal(await refusal({ globs, ...options }), undefined, `${globs}`)
    }
  }
  const unknown = { path: "baseten/v1/files", model: "openai/gpt-oss-120b" }
  assert.match(await refusal({ globs: ["openai/*"], ...unknown }) ?? "", /names none/)
})

test("a deployment is named by its id, whatever its body says", async () => {
  const path = "baseten/model/abcd1234/production/sync/v1/chat/completions"
  assert.equal(await refusal({ globs: ["abcd*"], path, model: "zai-org/GLM-5.2" }), undefined)
  assert.match(
    await refusal({ globs: ["openai/*"], path, model: "openai/gpt" }) ?? "",
    /the model "abcd1234"/,
  )
  const chain = "baseten/chain/efgh5678/production/run_remote"
  assert.equal(await refusal({ globs: ["baseten/efgh5678"], path: chain }), undefined)
  assert.match(await refusal({ globs: ["abcd1234"], path: chain }) ?? "", /the model "efgh5678"/)
})

test("lists pass, and the description of a model is checked by the name in its path", async () => {
  const globs = ["openai/*"]
  assert.equal(await refusal({ globs, path: "baseten/v1/models", method: "GET" }), undefined)
  assert.equal(await refusal({ globs, path: "compat/models", method: "GET" }), undefined)
  const described = (path: string, method = "GET") =>
    refusal({ globs, path: `baseten/v1/models/${path}`, method })
  assert.equal(await described("openai/gpt-oss-120b"), undefined)
  assert.equal(await described("openai%2Fgpt-oss-120b", "HEAD"), undefined)
  assert.match(await described("zai-org%2FGLM-5.2") ?? "", /"zai-org\/GLM-5\.2"/)
  assert.match(await described("openai/gpt-oss-120b", "DELETE") ?? "", /names none/)
  assert.match(await described("%E0%A4%A") ?? "", /names none/)
})

test("a custom provider's models are prefixed with its name, and Baseten's globs do not match them", async () => {
  const path = "custom-own/v1/chat/completions"
  assert.equal(await refusal({ globs: ["custom-own/gpt-?"], path, model: "gpt-4" }), undefined)
  assert.equal(await refusal({ globs: ["custom-own/*"], path: "custom-own/any/thing" }), undefined)
  assert.match(await refusal({ globs: ["gpt-4"], path, model: "gpt-4" }) ?? "", /"custom-own\/gpt-4"/)
  assert.match(
    await refusal({ globs: ["custom-own/*"], model: "custom-own/gpt-4" }) ?? "",
    /"custom-own\/gpt-4"/,
    "a name that begins like a custom provider's, at Baseten",
  )
})

test("a token that may use a route may make the calls of that route", async () => {
  const other = { globs: ["openai/*"], model: "zai-org/GLM-5.2" }
  assert.equal(await refusal({ ...other, isCovered: true }), undefined)
  assert.notEqual(await refusal({ ...other, isCovered: false }), undefined)
})
