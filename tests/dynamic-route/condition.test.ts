import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { compileCondition, fieldOf } from "../../lib/dynamic-route/condition.ts"

/** Whether a condition holds where every field has the same value. */
const holds = (json: unknown, value: unknown): boolean => {
  const condition = compileCondition(json)
  assert.ok(typeof condition !== "string", String(condition))
  return condition(() => value)
}

test("fieldOf() takes metadata, body and headers, and nothing else", () => {
  assert.deepEqual(fieldOf("metadata.user.id"), { source: "metadata", name: "user.id" })
  assert.deepEqual(fieldOf("body.messages.0.role"), { source: "body", name: "messages.0.role" })
  assert.deepEqual(fieldOf("headers.X-Tier"), { source: "headers", name: "X-Tier" })
  for (const text of ["", "metadata", "metadata.", "user_id", "cookies.a", "headers.a b", "headers.é"]) {
    assert.equal(fieldOf(text), undefined, text)
  }
})

test("compileCondition() compares as MongoDB does", () => {
  const cases: ReadonlyArray<
    readonly [test: unknown, yes: ReadonlyArray<unknown>, no: ReadonlyArray<unknown>]
  > = [
    ["free", ["free"], ["Free", undefined, 1]],
    [null, [null, undefined], ["", 0, false]],
    [{ $eq: 1 }, [1], ["1", true, undefined]],
    [{ $ne: "a" }, ["b", undefined, null], ["a"]],
    [{ $in: ["a", 1, null] }, ["a", 1, null, undefined], ["1", "b"]],
    [{ $in: [] }, [], ["a", undefined]],
    [{ $nin: ["a"] }, ["b", undefined], ["a"]],
    [{ $gt: 5 }, [5.1], [5, "6", undefined, null]],
    [{ $gte: 5, $lt: 7 }, [5, 6.9], [4, 7]],
    [{ $lte: "b" }, ["a", "b"], ["c", 1]],
    [{ $exists: true }, [0, null, ""], [undefined]],
    [{ $exists: false }, [undefined], [null]],
    [{ $not: { $gt: 5 } }, [5, "x", undefined], [6]],
  ]
  for (const [json, yes, no] of cases) {
    for (const value of yes) {
      assert.equal(holds({ "body.x": json }, value), true, JSON.stringify([json, value]))
    }
    for (const value of no) {
      assert.equal(holds({ "body.x": json }, value), false, JSON.stringify([json, value]))
    }
  }
})

test("compileCondition() reads a header as a number beside a number", () => {
  assert.equal(holds({ "headers.x": 5 }, "5"), true)
  assert.equal(holds({ "headers.x": { $in: [true, 4] } }, "true"), true)
  assert.equal(holds({ "headers.x": { $gte: 10 } }, "9"), false)
  assert.equal(holds({ "headers.x": { $gte: 10 } }, "11"), true)
  for (const value of ["", "x", undefined]) assert.equal(holds({ "headers.x": { $gte: 0 } }, value), false)
})

test("compileCondition(): and, or and not obey the laws of logic", () => {
  const leaf = fc.tuple(
    fc.constantFrom("metadata.a", "body.b", "headers.c"),
    fc.oneof(
      fc.boolean(),
      fc.record({ $gt: fc.nat(3) }),
      fc.record({ $in: fc.array(fc.nat(3)) }),
      fc.record({ $exists: fc.boolean() }),
    ),
  ).map(([field, json]) => ({ [field]: json }))
  const value = fc.oneof(fc.nat(3), fc.boolean(), fc.constant(undefined))
  fc.assert(fc.property(leaf, leaf, value, (a, b, at) => {
    const [left, right] = [holds(a, at), holds(b, at)]
    assert.equal(holds({ $and: [a, b] }, at), left && right)
    assert.equal(holds({ $or: [a, b] }, at), left || right)
    assert.equal(holds({ $not: a }, at), !left)
    assert.equal(holds({ $or: [{ $not: a }, { $and: [a, b] }] }, at), !left || right)
    if (Object.keys(a)[0] !== Object.keys(b)[0]) assert.equal(holds({ ...a, ...b }, at), left && right)
  }))
})

test("compileCondition() says what is wrong", () => {
  const cases: ReadonlyArray<readonly [json: unknown, pattern: RegExp]> = [
    [undefined, /must be an object/],
    [[], /must be an object/],
    [{}, /at least one field/],
    [{ plan: "free" }, /"plan" is not a field/],
    [{ $nor: [{ "body.a": 1 }] }, /no operator \$nor for conditions/],
    [{ $and: [] }, /\$and must be a list/],
    [{ $or: { "body.a": 1 } }, /\$or must be a list/],
    [{ $or: [{ "body.a": 1 }, 2] }, /must be an object/],
    [{ $not: 1 }, /must be an object/],
    [{ "body.a": { $regex: "x" } }, /"body\.a": there is no operator \$regex for fields/],
    [{ "body.a": { toString: 1 } }, /no operator toString/],
    [{ "body.a": {} }, /no operator/],
    [{ "body.a": [1] }, /takes text, a number/],
    [{ "body.a": { $eq: {} } }, /takes text, a number/],
    [{ "body.a": { $in: "x" } }, /takes a list/],
    [{ "body.a": { $nin: [[1]] } }, /takes a list/],
    [{ "body.a": { $lt: true } }, /takes a number or text/],
    [{ "body.a": { $exists: 1 } }, /takes true or false/],
    [{ "body.a": { $not: { $x: 1 } } }, /no operator \$x/],
  ]
  for (const [json, pattern] of cases) {
    const result = compileCondition(json)
    assert.ok(typeof result === "string", JSON.stringify(json))
    assert.match(result, pattern)
  }
})
