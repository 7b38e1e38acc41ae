/** How long an answer a request asks for. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { outputLimit } from "../../lib/body/output-limit.ts"

const of = (body: string): number | undefined => outputLimit(new TextEncoder().encode(body))

test("outputLimit: the largest of what a request says, under each name", () => {
  assert.equal(of('{"max_tokens": 100}'), 100)
  assert.equal(of('{"max_completion_tokens": 7, "max_tokens": 5}'), 7)
  assert.equal(of('{"max_output_tokens": 1}'), 1)
})

test("outputLimit: what is no number of tokens says nothing", () => {
  for (const value of ["null", "0", "-1", "1.5", '"100"', "[100]", "true", "1e400"]) {
    assert.equal(of(`{"max_tokens": ${value}}`), undefined, value)
  }
  assert.equal(of("{}"), undefined)
  assert.equal(of("[]"), undefined)
})

test("outputLimit: whoever wants no limit does not take up a budget for an answer that no model gives", () => {
  for (const value of ["1048577", "2147483647", "9007199254740991"]) {
    assert.equal(of(`{"max_tokens": ${value}}`), 1_048_576, value)
  }
})
