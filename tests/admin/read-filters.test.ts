import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { openParameters } from "../../lib/admin/query-parameters.ts"
import { readFilters } from "../../lib/admin/read-filters.ts"
import { filterKeys, type LogFilter } from "../../lib/request-log/query.ts"

const read = (query: string | URLSearchParams) => {
  const parameters = openParameters(new URLSearchParams(query))
  const filters = readFilters(parameters)
  return { filters, problem: parameters.problem()?.detail }
}
const filtersOf = (query: string | URLSearchParams): ReadonlyArray<LogFilter> => {
  const { filters, problem } = read(query)
  assert.equal(problem, undefined, String(query))
  return filters
}
const model = (...value: ReadonlyArray<string>): LogFilter => ({ key: "model", operator: "eq", value })
const costly: LogFilter = { key: "cost", operator: "gt", value: [0.5] }

test("readFilters() takes JSON: a list, a single filter, a value without its list", () => {
  const json = (value: unknown) => new URLSearchParams({ filters: JSON.stringify(value) })
  assert.deepEqual(filtersOf(json([model("a", "b"), costly])), [model("a", "b"), costly])
  assert.deepEqual(filtersOf(json(model("a"))), [model("a")])
  assert.deepEqual(filtersOf(json([{ ...model(), value: "a" }])), [model("a")])
  assert.deepEqual(filtersOf(json([])), [])
  assert.deepEqual(filtersOf("filters="), [])
  assert.deepEqual(filtersOf(""), [])
})

test("readFilters() takes what the SDKs write, whatever the order of the members", () => {
  const one = "filters.key=model&filters.operator=eq&filters.value=a&filters.value=b"
  assert.deepEqual(filtersOf(one), [model("a", "b")])
  for (
    const order of [
      ["key", "operator", "value"],
      ["key", "value", "operator"],
      ["operator", "key", "value"],
      ["operator", "value", "key"],
      ["value", "key", "operator"],
      ["value", "operator", "key"],
    ]
  ) {
    const members = (filter: LogFilter) =>
      order.flatMap((name) =>
        [filter[name as keyof LogFilter]].flat().map((value) => `filters.${name}=${value}`)
      )
    const query = [model("a", "b"), costly, model("c")].flatMap(members).join("&")
    assert.deepEqual(filtersOf(query), [model("a", "b"), costly, model("c")], query)
  }
})

test("readFilters() takes filters that are numbered, in dots and in brackets", () => {
  for (
    const query of [
      "filters[0][key]=model&filters[0][operator]=eq&filters[0][value][]=a&filters[0][value][]=b&filters[1][key]=cost&filters[1][operator]=gt&filters[1][value][0]=0.5",
      "filters.0.key=model&filters.1.key=cost&filters.0.operator=eq&filters.1.operator=gt&filters.0.value=a&filters.0.value=b&filters.1.value=0.5",
      "filters[0].key=model&filters[0].operator=eq&filters[0].value.0=a&filters[0].value.1=b&filters[3].key=cost&filters[3].operator=gt&filters[3].value=0.5",
      "filters[][key]=model&filters[][operator]=eq&filters[][value][]=a&filters[][value][]=b&filters[][key]=cost&filters[][operator]=gt&filters[][value][]=0.5",
      "filters[key]=model&filters[operator]=eq&filters[value]=a&filters[value]=b&filters[key]=cost&filters[operator]=gt&filters[value]=0.5",
    ]
  ) assert.deepEqual(filtersOf(query), [model("a", "b"), costly], query)
})

test("readFilters() gives each value the type of its key", () => {
  const one = (key: string, value: string, operator = "eq") =>
    filtersOf(`filters.key=${key}&filters.operator=${operator}&filters.value=${value}`)[0]?.value[0]
  assert.equal(one("success", "true"), true)
  assert.equal(one("tokens_in", "12"), 12)
  assert.equal(one("cost", "1e-7"), 1e-7)
  assert.equal(one("created_at", "2026-11-25"), Date.parse("2026-11-25"))
  assert.equal(one("created_at", "2026-11-25T12:00:00%2B02:00", "lt"), Date.parse("2026-11-25T10:00:00Z"))
  assert.equal(one("created_at", "2026-11-25T10:00", "lt"), Date.parse("2026-11-25T10:00:00Z"))
  assert.equal(one("model", "1"), "1")
  assert.equal(one("feedback", ""), null)
  assert.equal(one("metadata.value", ""), "")
})

test("readFilters() names what it cannot read, and what it knows", () => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ["filters=[", /JSON array/],
    ["filters=[1]", /key nothing; known are: id, created_at/],
    ["filters.key=modle&filters.operator=eq&filters.value=a", /key "modle"; known are: id/],
    [
      "filters.key=model&filters.operator=is&filters.value=a",
      /on model has the operator "is"; known are: eq/,
    ],
    ["filters.key=model&filters.operator=eq", /on model has 0 values/],
    [
      "filters.key=cost&filters.operator=gt&filters.value=much",
      /on cost has the value "much"; it takes numbers/,
    ],
    ["filters.key=cached&filters.operator=eq&filters.value=yes", /takes true or false/],
    ["filters.key=created_at&filters.operator=gt&filters.value=yesterday", /takes ISO dates/],
    ['filters=[{"key":"model","operator":"eq","value":[{}]}]', /value {}; it takes texts/],
    [
      "filters.key=created_at&filters.operator=contains&filters.value=2026",
      /takes ISO dates.*cannot be contains/,
    ],
    ["filters.key=model&filters.operator=gt&filters.value=a", /on model, which takes texts, cannot be gt/],
    ["filters.key=cost&filters.operator=gt&filters.value=", /value ""; it takes numbers/],
    ["filters.key=created_at&filters.operator=lt&filters.value=2026-13-01", /takes ISO dates/],
    ["filters.keys=model", /filters\.keys is not part of a filter/],
    ["filters[0][key]=model&filters[0][key]=cost", /is there twice/],
    [Array(51).fill("filters.key=id&filters.operator=eq&filters.value=a").join("&"), /51 filters/],
  ]
  for (const [query, expected] of cases) assert.match(read(query).problem ?? "", expected, query)
})

const text = fc.stringMatching(/^[\w ü&=%+.[\]-]{1,8}$/)
const anyFilter: fc.Arbitrary<LogFilter> = fc.oneof(
  fc.record({
    key: fc.constantFrom(
      "model" as const,
      "provider" as const,
      "metadata.key" as const,
      "user_agent" as const,
    ),
    operator: fc.constantFrom("eq" as const, "neq" as const, "contains" as const),
    value: fc.array(text, { minLength: 1, maxLength: 3 }),
  }, { noNullPrototype: true }),
  fc.record({
    key: fc.constantFrom("cost" as const, "tokens" as const, "duration" as const),
    operator: fc.constantFrom("eq" as const, "lt" as const, "gt" as const),
    value: fc.array(
      fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((n) => n + 0),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  }, { noNullPrototype: true }),
)

test("readFilters() gives back any filters, as JSON and as an SDK writes them", () => {
  fc.assert(
    fc.property(fc.array(anyFilter, { maxLength: 5 }), (filters) => {
      const dotted = new URLSearchParams(
        filters.flatMap((filter) =>
          Object.entries(filter).flatMap(([name, value]) =>
            [value].flat().map((one) => [`filters.${name}`, String(one)])
          )
        ),
      )
      assert.deepEqual(filtersOf(dotted), filters)
      assert.deepEqual(filtersOf(new URLSearchParams({ filters: JSON.stringify(filters) })), filters)
    }),
  )
})

test("readFilters() reads any query as filters or as an error, and never throws", () => {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "filters",
      "filters.key",
      "filters[0][value][]",
      "filters[0]",
      "filters[][key]",
      "filters.value",
    ),
    fc.string().map((rest) => `filters${rest}`),
  )
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom<string>(...filterKeys, "eq", "lt"),
    fc.json().map((json) => `[${json}]`),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (entries) => {
      const { filters, problem } = read(new URLSearchParams(entries))
      assert.ok(problem === undefined || problem.length < 3000)
      for (const { value } of filters) assert.ok(value.length > 0)
    }),
    { numRuns: 1000 },
  )
})
