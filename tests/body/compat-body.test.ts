import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import fc from "fast-check"
import { compatBody, restBody, runBody } from "../../lib/body/compat-body.ts"

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const read = (of: typeof compatBody, text: string) =>
  Result.match(of(bytes(text)), {
    onFailure: ({ code }) => code,
    onSuccess: ({ provider, bytes, view }) => ({ provider, text: new TextDecoder().decode(bytes), view }),
  })

test("a provider's name is removed from the model in every form, byte for byte", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("baseten", "dynamic", "custom-own"),
      fc.stringMatching(/^[a-z]{1,9}\/[a-z0-9.-]{1,9}$/),
      fc.json(),
      (provider, model, other) => {
        const body = (name: string) => `{ "a":${other},\n"model" : "${name}" , "stream":true}`
        const expected = { provider, text: body(model), view: { model, stream: true } }
        assert.deepEqual(read(compatBody, body(`${provider}/${model}`)), expected)
        assert.deepEqual(read(restBody, body(`${provider}/${model}`)), expected)
        const bare = { ...expected, provider: "baseten" }
        assert.deepEqual(read(restBody, body(model)), bare)
        assert.deepEqual(read(compatBody, body(model)), 2008)
      },
    ),
  )
})

test("the input of a run is forwarded with the run's model, byte for byte", () => {
  const rest = `"messages":[{"role":"user","content":"x"}],"big":12345678901234567890.0`
  const sent = (body: string) => {
    const result = read(runBody, body)
    return typeof result === "number" ? result : [result.provider, result.text]
  }
  const named = (of: string) => `{"model":"${of}",${rest}}`
  assert.deepEqual(sent(`{"model":"a/b","input":{${rest}}}`), ["baseten", named("a/b")])
  assert.deepEqual(sent(`{"input" : {${rest}} , "model":"baseten/a/b"}`), ["baseten", named("a/b")])
  assert.deepEqual(sent(`{"model":"a/b","input":{${rest}},"provider":"custom-x"}`), [
    "custom-x",
    named("a/b"),
  ])
  assert.deepEqual(sent(`{"model":"custom-x/a","input":{${rest}},"provider":"custom-x"}`), [
    "custom-x",
    named("a"),
  ])
  assert.deepEqual(sent(`{"model":"a/b","input":{"model":"c/d",${rest}}}`), ["baseten", named("a/b")])
  assert.deepEqual(sent(`{"model":"a/b","input":{ }}`), ["baseten", `{"model":"a/b" }`])
})
