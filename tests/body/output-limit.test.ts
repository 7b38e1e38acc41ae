/** How long an answer a request asks for. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { choicesIn, outputLimit } from "../../lib/body/output-limit.ts"

const of = (body: string): number | undefined => outputLimit(new TextEncoder().encode(body))

test("outputLimit: the largest of what a request says, under each name", () => {
  assert.equal(of('{"max_tokens": 100}'), 100)
  assert.equal(of('{"max_completion_tokens": 7, "max_tokens": 5}'), 7)
  assert.equal(of('{"max_output_tokens": 1}'), 1)
})

test("outputLimit: a name of another format limits nothing", () => {
  const all = new TextEncoder().encode('{"max_tokens":1,"max_completion_tokens":2,"max_output_tokens":3}')
  assert.equal(outputLimit(all), 3)
  assert.equal(outputLimit(all, "chat"), 2)
  assert.equal(outputLimit(all, "completions"), 1)
  assert.equal(outputLimit(all, "messages"), 1)
  assert.equal(outputLimit(all, "responses"), 3)
  assert.equal(outputLimit(new TextEncoder().encode('{"max_tokens":1}'), "responses"), undefined)
})

test("choicesIn: answers to each of several prompts, also if their number is text", () => {
  const cases: ReadonlyArray<readonly [string, number]> = [
    ["{}", 1],
    ['{"n":3}', 3],
    ['{"n":"3"}', 3],
    ['{"n":1.5,"best_of":4}', 4],
    ['{"n":null,"best_of":"many"}', 1],
    ['{"n":-1}', 1],
    ['{"prompt":"x","n":2}', 2],
    ['{"prompt":["a","b","c"],"n":2}', 6],
    ['{"prompt":[ [1,2],[3] ]}', 2],
    ['{"prompt":[1,2,3,4]}', 1],
    ['{"prompt":[]}', 1],
    ['{"n":2147483647}', 16_384],
  ]
  for (const [body, count] of cases) assert.equal(choicesIn(new TextEncoder().encode(body)), count, body)
})

test("outputLimit: a value that is no number of tokens is ignored", () => {
  for (const value of ["null", "0", "-1", "1.5", '"100"', "[100]", "true", "1e400"]) {
    assert.equal(of(`{"max_tokens": ${value}}`), undefined, value)
  }
  assert.equal(of("{}"), undefined)
  assert.equal(of("[]"), undefined)
})

test("outputLimit: an absurdly high limit does not take up a budget for an answer that no model gives", () => {
  for (const value of ["1048577", "2147483647", "9007199254740991"]) {
    assert.equal(of(`{"max_tokens": ${value}}`), 1_048_576, value)
  }
})
