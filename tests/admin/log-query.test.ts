import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { analyticsQuery } from "../../lib/admin/read-analytics-query.ts"
import { deletion, logQuery } from "../../lib/admin/log-query.ts"
import { GatewayError } from "../../lib/errors.ts"
import type { LogFilter } from "../../lib/request-log/query.ts"
import type { TimeBuckets } from "../../lib/request-log/analytics-query.ts"

const scope = { account: "a", gateway: "g" }
const query = (text: string) => logQuery(scope, new URLSearchParams(text))
const good = (text: string) => {
  const result = query(text)
  assert.ok(!(result instanceof GatewayError), String(result))
  return result
}
const problem = (result: unknown): string => {
  assert.ok(result instanceof GatewayError, JSON.stringify(result))
  assert.deepEqual([result.status, result.code], [400, 7001])
  return result.detail
}

test("logQuery() has Cloudflare's defaults", () => {
  const defaults = { scope, filters: [], orderBy: "created_at", descending: true, page: 1, perPage: 20 }
  assert.deepEqual(good(""), defaults)
  assert.deepEqual(good("page=&per_page=&order_by=&meta_info=true"), defaults)
  assert.deepEqual(good("page=3&per_page=50&order_by=cost&order_by_direction=asc&search=hi"), {
    ...defaults,
    page: 3,
    perPage: 50,
    orderBy: "cost",
    descending: false,
    search: "hi",
  })
  assert.equal(good("direction=asc").descending, false)
  assert.equal(good("direction=asc&order_by_direction=desc").descending, true)
})

test("logQuery() names each parameter that is out of range or unknown", () => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ["page=0", /page takes a whole number from 1/],
    ["page=1.5", /page takes/],
    ["per_page=51", /per_page takes a whole number from 1 to 50/],
    ["per_page=ten", /per_page takes/],
    ["page=1&page=2", /page is there 2 times/],
    ["order_by=status", /order_by takes created_at or provider/],
    ["order_by_direction=up", /takes asc or desc/],
    ["meta_info=yes", /meta_info takes true or false/],
    ["modell=m", /no parameter modell; perhaps model was meant/],
    ["x=1", /no parameter x; known are: search, /],
    ["start_date=monday", /start_date takes an ISO date/],
    ["min_cost=-1", /min_cost takes a number from 0/],
    ["page=0&per_page=0", /page takes .* per_page takes /],
    [`search=${"x".repeat(1001)}`, /search takes up to 1000/],
  ]
  for (const [text, expected] of cases) assert.match(problem(query(text)), expected, text)
})

test("logQuery() takes the older parameters as filters, whose bounds are included", () => {
  const holds = ({ operator, value: [bound] }: LogFilter, value: number): boolean =>
    operator === "gt" ? value > Number(bound) : value < Number(bound)
  const number = fc.oneof(
    fc.nat(),
    fc.double({ min: 0, max: 1e15, noNaN: true }),
    fc.constantFrom(0, 1, 2, 0.5),
  )
  fc.assert(
    fc.property(number, number, (bound, value) => {
      const least = good(`min_duration=${bound}`).filters[0]
      const most = good(`max_duration=${bound}`).filters[0]
      assert.ok(least && most)
      assert.equal(holds(least, value), value >= bound)
      assert.equal(holds(most, value), value <= bound)
      assert.ok(holds(least, bound) && holds(most, bound))
    }),
  )
  assert.deepEqual(
    good("model=m&provider=baseten&success=false&cached=true&feedback=1").filters,
    [
      { key: "provider", operator: "eq", value: ["baseten"] },
      { key: "model", operator: "eq", value: ["m"] },
      { key: "cached", operator: "eq", value: [true] },
      { key: "success", operator: "eq", value: [false] },
      { key: "feedback", operator: "eq", value: [1] },
    ],
  )
  assert.deepEqual(good("start_date=2026-11-25T10:00:00Z&end_date=9999-12-31T23:59:59.999Z").filters, [
    { key: "created_at", operator: "gt", value: [Date.parse("2026-11-25T09:59:59.999Z")] },
    { key: "created_at", operator: "lt", value: [Date.parse("+010000-01-01")] },
  ])
  assert.equal(good("max_total_tokens=5").filters[0]?.key, "tokens")
})

test("deletion() removes the oldest first, and refuses unknown parameters", () => {
  const of = (text: string) => deletion(scope, new URLSearchParams(text))
  assert.deepEqual(of(""), {
    selection: { scope, filters: [], orderBy: "created_at", descending: false },
    limit: undefined,
  })
  assert.equal((of("limit=5&model=m") as { limit: number }).limit, 5)
  assert.match(problem(of("limit=0")), /limit takes/)
  assert.match(problem(of("filter=x")), /no parameter filter/)
  assert.match(problem(of("page=2")), /no parameter page/)
})

const hour = 3_600_000
const now = Date.parse("2026-11-25T12:34:56Z")
const analytics = (text: string) => analyticsQuery({ account: "a" }, new URLSearchParams(text), now)
const analyticsOf = (text: string) => {
  const asked = analytics(text)
  assert.ok(!(asked instanceof GatewayError), String(asked))
  return asked.query
}
const widths = { day: 24 * hour, week: 7 * 24 * hour, month: 28 * 24 * hour }
const widthOf = (bucket: TimeBuckets) =>
  typeof bucket === "number" ? bucket : bucket === "all" ? Infinity : widths[bucket.unit]

test("analyticsQuery() covers the last day by default", () => {
  assert.deepEqual(analyticsOf(""), {
    account: "a",
    filters: [],
    since: now - 24 * hour,
    until: now,
    bucket: hour / 4,
    by: [],
  })
  assert.deepEqual(analyticsOf(`since=-7d&until=${now - hour}&bucket=1d&by=model,metadata.team&model=m`), {
    account: "a",
    filters: [{ key: "model", operator: "eq", value: ["m"] }],
    since: now - 7 * 24 * hour,
    until: now - hour,
    bucket: 24 * hour,
    by: ["model", "metadata.team"],
  })
})

test("analyticsQuery() takes days, weeks and months of a time zone, in which dates begin too", () => {
  const bucketOf = (text: string) => analyticsOf(`since=-30d&${text}`).bucket
  assert.equal(bucketOf("bucket=1d"), 24 * hour)
  assert.equal(bucketOf("bucket=all"), "all")
  assert.equal(bucketOf("bucket=1h&time_zone=Asia/Kolkata"), hour)
  assert.deepEqual(bucketOf("bucket=1w"), { unit: "week", timeZone: "UTC" })
  assert.deepEqual(bucketOf("bucket=1mo"), { unit: "month", timeZone: "UTC" })
  assert.deepEqual(bucketOf("bucket=1d&time_zone=Asia/Kolkata"), { unit: "day", timeZone: "Asia/Kolkata" })
  assert.deepEqual(analyticsOf("since=1990-01-01&until=2026-01-01&bucket=1mo").bucket, {
    unit: "month",
    timeZone: "UTC",
  })
  const { since, until } = analyticsOf("since=2026-10&until=2026-11-01&time_zone=Europe/Berlin")
  assert.deepEqual([since, until].map((time) => new Date(time).toISOString()), [
    "2026-09-30T22:00:00.000Z",
    "2026-10-31T23:00:00.000Z",
  ])
  assert.equal(
    analyticsOf("since=2026-11-01T00:00&time_zone=Europe/Berlin").since,
    Date.parse("2026-11-01T00:00Z"),
  )
  assert.match(problem(analytics("time_zone=Berlin")), /time_zone takes a name of the IANA database/)
  assert.match(problem(analytics("time_zone=%2B05:30")), /time_zone takes a name/)
  assert.match(problem(analytics("bucket=2mo")), /bucket takes a width .*1mo or all/)
  assert.match(
    problem(analytics("bucket=1d&time_zone=Asia/Tokyo&since=2000-01-01")),
    /more than 2000 buckets/,
  )
})

test("analyticsQuery() chooses at most a hundred buckets for any range, and refuses too many", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9999 }),
      fc.constantFrom("s", "m", "h", "d", "w"),
      (count, unit) => {
        const chosen = analyticsOf(`since=-${count}${unit}`)
        assert.ok(Math.abs(chosen.until - chosen.since) / widthOf(chosen.bucket) <= 100)
      },
    ),
  )
  assert.match(problem(analytics("bucket=1s")), /more than 2000 buckets: widen bucket/)
  assert.match(problem(analytics("bucket=0m")), /bucket takes a width/)
  assert.match(problem(analytics("since=2027-01-01")), /since must be before until/)
  assert.match(problem(analytics("since=soon")), /since takes an ISO date/)
  assert.match(problem(analytics("by=modle")), /by takes up to 3 of model/)
  assert.match(problem(analytics("by=model,provider,gateway,status")), /by takes up to 3/)
})

test("any query is a question or an error that a caller can read, and nothing throws", () => {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "page",
      "per_page",
      "search",
      "order_by",
      "model",
      "min_cost",
      "max_tokens_in",
      "start_date",
    ),
    fc.constantFrom("end_date", "since", "until", "bucket", "by", "limit", "filters", "feedback", "cached"),
    fc.constantFrom("time_zone"),
  )
  const value = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom("1w", "1mo", "all", "Asia/Kolkata", "2026-11", "1990-01-01"),
    fc.constantFrom("-24h", "1d", "true", "asc", "model", "metadata.x", "9".repeat(15), "+275760-09-13"),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (entries) => {
      const search = new URLSearchParams(entries)
      for (
        const result of [logQuery(scope, search), deletion(scope, search), analyticsQuery(scope, search, now)]
      ) {
        if (result instanceof GatewayError) problem(result)
        else if ("query" in result) {
          const { since, until, bucket } = result.query
          assert.ok(since < until && since >= 0)
          assert.ok((until - since) / widthOf(bucket) <= 2000)
        }
      }
    }),
    { numRuns: 2000 },
  )
})
