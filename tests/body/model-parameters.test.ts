import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { adaptParameters } from "../../lib/body/model-parameters.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const from = "openai/gpt-oss-120b"
const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

const result = (text: string, to: string, model: string | undefined = from) => {
  const { bytes, changes } = adaptParameters(bytesOf(text), model, to)
  return { text: new TextDecoder().decode(bytes), changes }
}

const mapped = (effort: string, to: string): unknown =>
  (JSON.parse(result(JSON.stringify({ reasoning_effort: effort }), to).text) as Record<string, unknown>)[
    "reasoning_effort"
  ]

test("parametersFor() maps each effort to the nearest that the target accepts", () => {
  const table: Readonly<Record<string, ReadonlyArray<string>>> = {
    "deepseek-ai/DeepSeek-V4-Pro-0813": ["none", "low", "low", "high", "high", "max", "max"],
    "deepseek-ai/DeepSeek-V4.1-Flash-1017-Fast": ["none", "low", "low", "high", "high", "max", "max"],
    "moonshotai/Kimi-K3": ["none", "low", "low", "high", "high", "max", "max"],
    "zai-org/GLM-5.2-Fast": ["none", "none", "high", "high", "high", "max", "max"],
    "zai-org/GLM-5.3-Fast": ["minimal", "minimal", "low", "medium", "high", "xhigh", "max"],
    "deepseek-ai/DeepSeek-V4-Flash-0731": efforts,
  }
  for (const [to, expected] of Object.entries(table)) {
    assert.deepEqual(efforts.map((effort) => mapped(effort, to)), expected, to)
  }
})

test("parametersFor() leaves the effort out where the target ignores it or no one knows the value", () => {
  const targets = [
    "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B",
    "moonshotai/Kimi-K2.6",
    "moonshotai/Kimi-K2.7-Code",
    "zai-org/GLM-5",
    "zai-org/GLM-5.1",
  ]
  for (const to of targets) assert.equal(mapped("high", to), undefined, to)
  assert.deepEqual(result('{"a":1, "reasoning_effort":"secret"}', "zai-org/GLM-5.2"), {
    text: '{"a":1}',
    changes: ["reasoning_effort left out for zai-org/GLM-5.2"],
  })
})

test("parametersFor() says what it changed, and keeps every other byte", () => {
  const body = (effort: string) =>
    `{ "seed": 12345678901234567890, "reasoning_effort" : ${effort} , "x": 1.10 }`
  assert.deepEqual(result(body('"medium"'), "zai-org/GLM-5.2"), {
    text: body('"high"'),
    changes: ["reasoning_effort medium became high for zai-org/GLM-5.2"],
  })
})

test("parametersFor() changes nothing for models it does not know, or in what it cannot judge", () => {
  const body = '{"reasoning_effort":"minimal"}'
  const unknown = [
    "moonshotai/Kimi-K3.1-Pro",
    "zai-org/glm-5.2",
    "gpt-5",
    "zai-org/GLM-5.3",
    "zai-org/GLM-5.3-Flash",
  ]
  for (const to of unknown) assert.deepEqual(result(body, to), { text: body, changes: [] }, to)
  const to = "zai-org/GLM-5.2"
  assert.deepEqual(result(body, to, to), { text: body, changes: [] })
  const odd = [
    "",
    "[1]",
    '{"reasoning_effort":null}',
    '{"reasoning_effort":"low","reasoning_effort":"low"}',
    '{"extra":{"reasoning_effort":"low"}}',
  ]
  for (const text of odd) assert.deepEqual(result(text, to), { text, changes: [] }, text)
})

test("parametersFor() keeps all other members of any body", () => {
  const to = fc.constantFrom("zai-org/GLM-5.2", "moonshotai/Kimi-K2.6", "moonshotai/Kimi-K3", "other/model")
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(...efforts),
      to,
      (rest, effort, to) => {
        const { text } = result(JSON.stringify({ ...rest, reasoning_effort: effort, last: 1 }), to)
        const { reasoning_effort: _, ...kept } = JSON.parse(text) as Record<string, unknown>
        assert.deepEqual(JSON.stringify(kept), JSON.stringify({ ...rest, last: 1 }))
      },
    ),
  )
})
