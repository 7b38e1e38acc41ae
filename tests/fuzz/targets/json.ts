/** Readers of JSON, held to the runtime's own. */
import assert from "node:assert/strict"
import { parseExactly } from "../../../lib/json/exact-json.ts"
import { scanMembers } from "../../../lib/json/member-scan.ts"
import { topLevelMembers } from "../../../lib/json/members.ts"
import { isObject } from "../../../lib/json/parse.ts"
import { deepestJson, findSyntaxError } from "../../../lib/json/syntax-error.ts"
import { chunksOf } from "../random.ts"
import type { Target } from "../target.ts"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true })

const corpus = [
  '{"model":"a/b","messages":[{"role":"user","content":"h\\u00e9 \\"x\\""}],"stream":true,"n":1e2}',
  '{"model":"a","model":"b","stream_options":{"include_usage":false},"max_tokens":12345678901234567890}',
  '[{"provider":"baseten","endpoint":"v1/chat/completions","headers":{"a":"b"},"query":{"model":"x"}}]',
  ' { "a" : [ 0.10, -0, true, null, [[{}]] ] , "b" : { "c" : "" } } ',
  `${"[".repeat(520)}${"]".repeat(520)}`,
]
const words = ['"model"', '"model":"a/b"', '"\\u0061"', '"stream":true', "1e400", "{}", "[[", "]]", ',"n":2']

const parsed = (bytes: Uint8Array): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(strict.decode(bytes)) }
  } catch {
    return undefined
  }
}

const deepest = (text: string): number => {
  let depth = 0, most = 0
  for (const sign of text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, "")) {
    if (sign === "{" || sign === "[") most = Math.max(most, ++depth)
    if (sign === "}" || sign === "]") depth--
  }
  return most
}

/** Members of an object, whole and in chunks; syntax errors; numbers that keep their digits. */
export const json: Target = {
  name: "json",
  corpus,
  words,
  check: (input, random) => {
    const known = parsed(input)
    const text = decoder.decode(input)
    if (known !== undefined) {
      const members = topLevelMembers(input)
      assert.equal(members !== undefined, isObject(known.value), "an object is known as one")
      if (isObject(known.value)) {
        assert.deepEqual(new Set(members?.map(({ key }) => key)), new Set(Object.keys(known.value)))
      }
      if (deepest(text) <= deepestJson) {
        assert.equal(findSyntaxError(input), undefined, "no error is found in JSON")
      }
      // What has no long number is the very value.
      if (!/\d{15}|[eE]/.test(text)) assert.deepEqual(parseExactly(text), known.value)
    } else if (!text.includes("\ufffd")) {
      assert.notEqual(findSyntaxError(input), undefined, "an error is found in what is not JSON")
    }
    const scan = scanMembers(["model", "stream"])
    for (const chunk of chunksOf(input, random)) scan.push(chunk)
    const whole = scanMembers(["model", "stream"])
    whole.push(input)
    for (const key of ["model", "stream"]) {
      assert.deepEqual(
        [scan.times(key), scan.valueOf(key), scan.isObject()],
        [whole.times(key), whole.valueOf(key), whole.isObject()],
      )
    }
  },
}
