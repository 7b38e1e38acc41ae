import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { RouteElement } from "../../lib/dynamic-route/elements.ts"
import { compileRoute } from "../../lib/dynamic-route/graph.ts"
import { valueAt } from "../../lib/json/value-at.ts"
import { startTraversal, type TraversalInput, type TraversalNode } from "../../lib/dynamic-route/traversal.ts"

const element = (
  id: string,
  type: RouteElement["type"],
  to: Readonly<Record<string, string>>,
  properties?: RouteElement["properties"],
): RouteElement => ({
  id,
  type,
  outputs: Object.fromEntries(Object.entries(to).map(([output, elementId]) => [output, { elementId }])),
  ...(properties && { properties }),
})

const model = (id: string, to: Readonly<Record<string, string>>, more: object = {}) =>
  element(id, "model", to, { provider: "baseten", model: `org/${id}`, ...more })
const start = (next: string) => element("start", "start", { next })
const end = element("end", "end", {})

/** The input of a traversal, with the body as the value it holds. */
interface Given extends Partial<Omit<TraversalInput, "body">> {
  readonly body?: unknown
}

const walk = (
  elements: ReadonlyArray<RouteElement>,
  { body = {}, ...input }: Given = {},
): TraversalNode => {
  const graph = compileRoute("r", elements)
  if (typeof graph === "string") assert.fail(graph)
  return startTraversal(graph, {
    metadata: {},
    body: (path) => valueAt(new TextEncoder().encode(JSON.stringify(body)), path),
    header: () => null,
    random: () => assert.fail("random() was not needed"),
    took: () => {},
    ...input,
  })
}

const call = (step: TraversalNode) => step.kind === "model" ? step : assert.fail(`a call, not ${step.kind}`)
const limit = (step: TraversalNode) => step.kind === "limit" ? step : assert.fail(`a limit, not ${step.kind}`)
const ending = (step: TraversalNode) => step.kind === "end" ? step : assert.fail(`the end, not ${step.kind}`)

test("startTraversal() calls the first model, and its fallback when it fails", () => {
  const first = call(walk([
    start("a"),
    model("a", { success: "end", fallback: "b" }, { timeout: 5000, retries: 2 }),
    element("b", "model", { success: "end" }, { provider: "custom-x", model: "m" }),
    end,
  ]))
  assert.deepEqual(
    [first.element, first.provider, first.model, first.timeout, first.retries],
    ["a", "baseten", "org/a", 5000, 2],
  )
  assert.deepEqual(ending(first.succeeded()), { kind: "end", element: "end" })
  const second = call(first.failed())
  assert.deepEqual([second.element, second.provider, second.timeout], ["b", "custom-x", undefined])
  assert.deepEqual(ending(second.succeeded()), { kind: "end", element: "end" })
  assert.deepEqual(ending(second.failed()), { kind: "end", element: "b" })
})

test("startTraversal() tells of each output that is taken", () => {
  const way: Array<string> = []
  const first = call(
    walk([
      start("if"),
      element("if", "conditional", { true: "a", false: "b" }, { conditions: { "metadata.plan": "free" } }),
      model("a", { success: "end" }),
      model("b", { success: "end", fallback: "a" }),
      end,
    ], { took: (element, output) => void way.push(element, output) }),
  )
  assert.deepEqual(way, ["start", "next", "if", "false"])
  const second = call(first.failed())
  assert.deepEqual(way.splice(0), ["start", "next", "if", "false", "b", "fallback"])
  // A failure without a fall-back takes none.
  assert.deepEqual(ending(second.failed()), { kind: "end", element: "a" })
  assert.deepEqual(way, [])
})

test("startTraversal() goes on after a success, and ends where a failure has no fallback", () => {
  const first = call(walk([
    start("a"),
    model("a", { success: "b" }),
    model("b", { success: "end", fallback: "c" }),
    model("c", { success: "end" }),
    end,
  ]))
  const second = call(first.succeeded())
  assert.equal(ending(second.succeeded()).element, "end")
  assert.deepEqual(ending(call(second.failed()).failed()), { kind: "end", element: "c" })
})

test("startTraversal() asks limits with the key's value, and ends where a refusal has no fallback", () => {
  const elements = (to: Readonly<Record<string, string>>) => [
    start("l"),
    element("l", "rate", { success: "a", ...to }, {
      limitType: "cost",
      key: "metadata.user",
      limit: 2.5,
      window: 60,
      technique: "sliding",
    }),
    model("a", { success: "end" }),
    end,
  ]
  const step = limit(walk(elements({}), { metadata: { user: "u1" } }))
  const { allowed, refused, ...asked } = step
  assert.deepEqual(asked, {
    kind: "limit",
    element: "l",
    limitType: "cost",
    value: "u1",
    limit: 2.5,
    windowMs: 60_000,
    technique: "sliding",
  })
  assert.equal(call(allowed()).element, "a")
  assert.deepEqual(ending(refused()), { kind: "end", element: "l" })
  assert.equal(limit(walk(elements({}))).value, "")
  assert.equal(limit(walk(elements({}), { metadata: { user: 7 } })).value, "7")
  assert.equal(call(limit(walk(elements({ fallback: "a" }))).refused()).element, "a")
})

test("startTraversal() looks conditions up in metadata, body and headers", () => {
  const goes = (condition: unknown, input: Given) =>
    call(walk([
      start("c"),
      element("c", "conditional", { true: "yes", false: "no" }, { conditions: condition }),
      model("yes", { success: "end" }),
      model("no", { success: "end" }),
      end,
    ], input)).element
  const headers = new Headers({ "x-tier": "gold" })
  const header = (name: string) => headers.get(name)
  const body = { model: "dynamic/r", messages: [{ role: "system" }], nested: { a: { b: 1 } }, "a.b": 2 }
  assert.equal(goes({ "metadata.user.plan": "pro" }, { metadata: { "user.plan": "pro" } }), "yes")
  assert.equal(goes({ "headers.X-Tier": "gold" }, { header }), "yes")
  assert.equal(goes({ "headers.x-other": { $exists: true } }, { header }), "no")
  assert.equal(goes({ "body.messages.0.role": "system", "body.nested.a.b": { $gte: 1 } }, { body }), "yes")
  assert.equal(goes({ "body.nested.a.b.c": { $exists: true } }, { body }), "no")
  for (const name of ["constructor", "__proto__", "messages.map", "model.length"]) {
    assert.equal(goes({ [`body.${name}`]: { $exists: true } }, { body }), "no", name)
  }
  for (const value of [null, "text", 1, []]) {
    assert.equal(goes({ "body.model": { $exists: true } }, { body: value }), "no")
  }
})

test("startTraversal() takes a percentage's outputs by their shares, with a new number each time", () => {
  const elements = [
    start("p"),
    element("p", "percentage", { "10%": "a", "50%": "q", else: "c" }),
    element("q", "percentage", { "50%": "a", "50.0%": "b" }),
    model("a", { success: "end" }),
    model("b", { success: "end" }),
    model("c", { success: "end" }),
    end,
  ]
  const goes = (...numbers: Array<number>) =>
    call(walk(elements, { random: () => numbers.shift() ?? assert.fail() })).element
  assert.equal(goes(0), "a")
  assert.equal(goes(0.0999), "a")
  assert.equal(goes(0.1, 0.49), "a")
  assert.equal(goes(0.5999, 0.5), "b")
  assert.equal(goes(0.1, 0.999999999), "b")
  assert.equal(goes(0.6), "c")
  assert.equal(goes(0.999999999), "c")
})

/** Sound routes of up to 12 elements: each leads to later ones, and those that nothing leads to are left out. */
const anyRoute = fc.array(
  fc.record({
    type: fc.constantFrom("model", "rate", "conditional", "percentage"),
    to: fc.tuple(fc.nat(), fc.nat()),
    fallback: fc.boolean(),
  }),
  { maxLength: 10 },
).map((choices) => {
  const last = choices.length
  const id = (index: number) => index === last ? "end" : `e${index}`
  const later = (index: number, pick: number) => id(index + 1 + pick % (last - index))
  const elements = choices.map(({ type, to: [one, two], fallback }, index) => {
    const [first, second] = [later(index, one), later(index, two)]
    const optional = fallback ? { fallback: second } : {}
    switch (type) {
      case "model":
        return model(id(index), { success: first, ...optional })
      case "rate":
        return element(id(index), "rate", { success: first, ...optional }, {
          limitType: "count",
          key: "body.user",
          limit: 1,
          window: 1,
        })
      case "conditional":
        return element(id(index), "conditional", { true: first, false: second }, {
          condition: { "body.x": index },
        })
      default:
        return element(id(index), "percentage", { "30%": first, else: second })
    }
  })
  const all = [start(id(0)), ...elements, end]
  const reached = new Set(["start"])
  for (const { id, outputs = {} } of all) {
    if (reached.has(id)) { for (const { elementId } of Object.values(outputs)) reached.add(elementId) }
  }
  return all.filter(({ id }) => reached.has(id))
}).filter((elements) => elements.some(({ type }) => type === "end"))

test("startTraversal(): a sound route ends within its number of elements", () => {
  fc.assert(
    fc.property(
      anyRoute,
      fc.infiniteStream(fc.boolean()),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(10),
      (elements, luck, random, x) => {
        let step = walk(elements, { random: () => random, body: { x } })
        let steps = 1
        while (step.kind !== "end") {
          const good = luck.next().value
          if (step.kind === "limit") {
            step = good ? step.allowed() : step.refused()
          } else {
            step = good ? step.succeeded() : step.failed()
          }
          assert.ok(++steps <= elements.length)
        }
      },
    ),
    { numRuns: 300 },
  )
})
