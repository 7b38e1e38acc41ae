import assert from "node:assert/strict"
import { test } from "node:test"
import { CutSource, neverCut } from "../../lib/upstream/cut.ts"

test("CutSource calls back once each, with the first reason, and at once if it was made before", () => {
  const source = new CutSource()
  const heard: Array<string> = []
  source.onCut((reason) => heard.push(`before ${reason}`))
  const forget = source.onCut(() => assert.fail("was forgotten"))
  forget()
  forget()
  assert.equal(source.reason, undefined)
  source.cut("draining")
  source.cut("client_left")
  source.onCut((reason) => heard.push(`after ${reason}`))
  assert.equal(source.reason, "draining")
  assert.deepEqual(heard, ["before draining", "after draining"])
})

test("CutSource calls its listeners once, and no removed ones", () => {
  const source = new CutSource()
  const heard: Array<string> = []
  const listening = (name: string) => ({ interrupted: (reason: string) => heard.push(`${name} ${reason}`) })
  const [one, two, three, late] = ["one", "two", "three", "late"].map(listening)
  assert.ok(one && two && three && late)
  for (const listener of [one, two, three]) source.listen(listener)
  source.forget(late)
  source.forget(two)
  source.forget(two)
  source.cut("draining")
  source.cut("client_left")
  source.listen(late)
  assert.deepEqual(heard, ["one draining", "three draining", "late draining"])
})

test("neverCut calls nobody back", () => {
  neverCut.onCut(() => assert.fail())()
  neverCut.listen({ interrupted: () => assert.fail() })
  assert.equal(neverCut.reason, undefined)
})
