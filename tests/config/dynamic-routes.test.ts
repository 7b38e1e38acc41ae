import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { DynamicRoutes, dynamicRoutes, routeProblem } from "../../lib/config/dynamic-routes.ts"
import type { RouteElement } from "../../lib/dynamic-route/elements.ts"

const decode = (value: unknown) =>
  Schema.decodeUnknownResult(DynamicRoutes)(value, { errors: "all", onExcessProperty: "error" })

const outputs = (to: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(to).map(([output, elementId]) => [output, { elementId }]))

type Type = RouteElement["type"]
const element = (
  id: string,
  type: Type,
  to: Readonly<Record<string, string>>,
  properties?: RouteElement["properties"],
): RouteElement => ({ id, type, outputs: outputs(to), ...(properties && { properties }) })

const start = element("start", "start", { next: "m" })
const model = element("m", "model", { success: "end" }, { provider: "baseten", model: "zai-org/GLM-5.3" })
const end: RouteElement = { id: "end", type: "end" }

/** A route whose only unusual element is the one given; it comes first and is named `x`. */
const withElement = (
  type: Type,
  to: Readonly<Record<string, string>>,
  properties?: RouteElement["properties"],
) => [
  element("start", "start", { next: "x" }),
  element("x", type, to, properties),
  model,
  end,
]

test("DynamicRoutes takes elements bare and wrapped, in both spellings", () => {
  const limit = { limitType: "count", key: "metadata.user_id", limit: 100 }
  const elements = [
    element("start", "start", { next: "c" }),
    element("c", "conditional", { true: "p", false: "r1" }, { condition: { "metadata.plan": "free" } }),
    element("p", "percentage", { "33.3%": "r1", "33.4%": "r1", "33.300%": "c2", else: "c2" }),
    element("c2", "conditional", { true: "m", false: "m" }, { conditions: { "body.x": 1 } }),
    element("r1", "rate_limit", { success: "r2", fallback: "m" }, {
      ...limit,
      interval: 60,
      technique: "sliding",
    }),
    element("r2", "rate", { success: "m" }, { ...limit, limitType: "cost", window: 0.5 }),
    model,
    { ...end, outputs: {} },
  ]
  const routes = Result.getOrThrow(decode({ "with-all_1": { elements }, bare: [start, model, end] }))
  const graphs = dynamicRoutes(routes)
  assert.deepEqual([...graphs.keys()], ["with-all_1", "bare"])
  const first = graphs.get("with-all_1")?.start.next.get("next")?.next.get("false")
  assert.deepEqual(first?.action, {
    type: "limit",
    limitType: "count",
    key: { source: "metadata", name: "user_id" },
    limit: 100,
    windowMs: 60_000,
    technique: "sliding",
  })
  const { windowMs, technique } = { windowMs: 0, technique: "", ...first?.next.get("success")?.action }
  assert.deepEqual([windowMs, technique], [500, "fixed"])
})

test("routeProblem() finds each fault, and names the route and the element", () => {
  const x = /^route "r", element "x" /
  const cases: ReadonlyArray<
    readonly [elements: ReadonlyArray<RouteElement>, ...patterns: ReadonlyArray<RegExp>]
  > = [
    [[model, end], /^route "r" has no start element/],
    [[start, { ...start, id: "x" }, model, end], x, /second start/],
    [[start, model], /^route "r" has no end element/],
    [[start, model, { ...model }, end], /element "m" has an id that another/],
    [[element("start", "start", { next: "nope" }), end], /element "start" has an output to "nope"/],
    [[start, { ...model, outputs: outputs({ success: "start" }) }, end], /element "m" leads back to "start"/],
    [
      [start, { ...model, outputs: outputs({ success: "end", fallback: "m" }) }, end],
      /"m" leads back to "m"/,
    ],
    [[start, model, end, { ...end, id: "x" }], x, /not reached/],
    [[element("start", "start", {}), end], /element "start" has no output "next"/],
    [[start, { ...model, outputs: {} }, end], /element "m" has no output "success"/],
    [[start, model, element("end", "end", { next: "m" })], /element "end" has an output "next"/],
    [withElement("model", { success: "m", fallbak: "m" }, model.properties), x, /output "fallbak"/],
    [withElement("model", { success: "m" }, { model: "a" }), x, /property "provider": missing/],
    [withElement("model", { success: "m" }, { provider: "baseten" }), x, /property "model": missing/],
    [withElement("model", { success: "m" }, { provider: "openai", model: "a" }), x, /property "provider"/],
    [withElement("model", { success: "m" }, { ...model.properties, retries: 5 }), x, /property "retries"/],
    [withElement("model", { success: "m" }, { ...model.properties, tmeout: 1 }), x, /property "tmeout"/],
    [withElement("conditional", { true: "m", false: "m" }), x, /property "conditions"/],
    [
      withElement("conditional", { true: "m", false: "m" }, { condition: { "body.a": { $like: 1 } } }),
      x,
      /no operator \$like/,
    ],
    [withElement("conditional", { true: "m" }, { condition: { "body.a": 1 } }), x, /no output "false"/],
    [withElement("percentage", { "60%": "m", "50%": "m" }), x, /110 in all/],
    [withElement("percentage", { "60%": "m" }), x, /60 in all and no output "else"/],
    [withElement("percentage", { else: "m" }), x, /0 percentages/],
    [withElement("percentage", { half: "m", else: "m" }), x, /"half"/],
    [
      withElement("percentage", {
        "1%": "m",
        "2%": "m",
        "3%": "m",
        "4%": "m",
        "5%": "m",
        "6%": "m",
        else: "m",
      }),
      x,
      /6 percentages/,
    ],
    [withElement("rate", { success: "m" }, { limitType: "count", limit: 1, window: 1 }), x, /"key": missing/],
    [
      withElement("rate", { success: "m" }, { limitType: "count", key: "user", limit: 1, window: 1 }),
      x,
      /"key": expected a field/,
    ],
    [
      withElement("rate", { success: "m" }, { limitType: "tokens", key: "body.user", limit: 1, window: 1 }),
      x,
      /"limitType"/,
    ],
    [
      withElement("rate_limit", { success: "m" }, { limitType: "cost", key: "body.user", limit: 1 }),
      x,
      /no property "window"/,
    ],
    [
      withElement("rate", { fallback: "m" }, { limitType: "cost", key: "body.user", limit: 1, window: 1 }),
      x,
      /no output "success"/,
    ],
  ]
  assert.equal(routeProblem("r", [start, model, end]), undefined)
  for (const [elements, ...patterns] of cases) {
    for (const pattern of patterns) assert.match(routeProblem("r", elements) ?? "", pattern)
  }
  assert.match(routeProblem("a b", [start, model, end]) ?? "", /^route "a b" has a name/)
})

test("DynamicRoutes fails with the problem of each route", () => {
  const result = decode({ good: [start, model, end], bad: [start, model], worse: { elements: [end] } })
  assert.ok(Result.isFailure(result))
  assert.match(result.failure.message, /route "bad" has no end element/)
  assert.match(result.failure.message, /route "worse" has no start element/)
  assert.doesNotMatch(result.failure.message, /good/)
})
