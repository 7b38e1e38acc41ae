import assert from "node:assert/strict"
import { test } from "node:test"
import { rounds } from "./rounds.ts"

test("subjects take turns, and none always follows the same", async () => {
  const order: Array<string> = []
  const values = await rounds(["a", "b"], 3, (subject) => Promise.resolve(order.push(subject)))
  assert.deepEqual(order, ["a", "b", "b", "a", "a", "b"])
  assert.deepEqual([values("a"), values("b"), values("c")], [[1, 4, 5], [2, 3, 6], []])
})
