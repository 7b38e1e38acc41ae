/** Lists as files, as the management API gives them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { analyticsColumns, flatRow } from "../../lib/admin/analytics-columns.ts"
import { entryColumns, entryJson } from "../../lib/admin/entry-json.ts"
import { exportOf } from "../../lib/admin/export.ts"
import type { LogStretch } from "../../lib/request-log/query.ts"
import { assertRefused, withAdmin } from "./some-admin.ts"
import { entryOf } from "./some-log.ts"
import { someFigures } from "../support/some-figures.ts"

const place = (id: string) => ({ created: 1, id })
/** A log of two stretches. */
const stretch = (_selection: unknown, after: { readonly id: string } | undefined) =>
  Effect.succeed<LogStretch>(
    after === undefined
      ? { entries: [entryOf("a", { model: "=m" }), entryOf("b")], next: place("b"), from: "sqlite" }
      : {
        entries: [entryOf("c", { cost: 1e-7, metadata: { team: "x,y" } })],
        next: undefined,
        from: "sqlite",
      },
  )

test("the columns of a log are the fields of its entries", () => {
  assert.deepEqual(Object.keys(entryJson(entryOf("a"))), [...entryColumns])
})

test("a log as CSV is all of it: a header, and a line for each entry", () =>
  withAdmin(async (ask, asked) => {
    const { status, headers, text } = await ask("gateways/g/logs?format=csv&search=x&model=m")
    assert.equal(status, 200)
    assert.equal(headers.get("content-type"), "text/csv; charset=utf-8; header=present")
    assert.match(
      headers.get("content-disposition") ?? "",
      /^attachment; filename="basegate-logs-a-g-\d{4}-\d\d-\d\d\.csv"$/,
    )
    assert.equal(headers.get("cache-control"), "no-store")
    const lines = text.split("\r\n")
    assert.equal(lines[0], entryColumns.join(","))
    assert.deepEqual(lines.slice(1).map((line) => line.split(",")[0]), ["a", "b", "c", ""])
    assert.match(lines[1] ?? "", /,'=m,/)
    assert.match(lines[3] ?? "", /,0\.0000001,false,"\{""team"":""x,y""\}",/)
    const [[, selection, after], [, , second]] = asked as unknown as [
      [string, { readonly search: string; readonly filters: ReadonlyArray<{ key: string }> }, unknown],
      [string, unknown, unknown],
    ]
    assert.equal(selection.search, "x")
    assert.deepEqual(selection.filters.map(({ key }) => key), ["model", "created_at"])
    assert.deepEqual([after, second], [undefined, place("b")])
  }, { stretch }))

test("as lines of JSON, entries are the same as in the list", () =>
  withAdmin(async (ask) => {
    const { headers, text } = await ask("gateways/g/logs", { headers: { accept: "application/x-ndjson" } })
    assert.equal(headers.get("content-type"), "application/x-ndjson")
    assert.match(headers.get("content-disposition") ?? "", /\.ndjson"$/)
    const lines = text.split("\n")
    assert.deepEqual(lines.slice(0, -1).map((line) => (JSON.parse(line) as { id: string }).id), [
      "a",
      "b",
      "c",
    ])
    assert.deepEqual(JSON.parse(lines[1] ?? ""), JSON.parse(JSON.stringify(entryJson(entryOf("b")))))
    assert.equal(lines.at(-1), "")
  }, { stretch }))

test("an empty log has a header alone; with per_page it is a page", () =>
  withAdmin(async (ask, asked) => {
    assert.equal((await ask("gateways/g/logs?format=csv")).text, `${entryColumns.join(",")}\r\n`)
    assert.equal((await ask("gateways/g/logs?format=ndjson")).text, "")
    assert.equal((await ask("gateways/g/logs?format=csv&per_page=5&page=2&order_by=cost")).status, 200)
    assert.deepEqual(asked.map(([method]) => method), ["stretch", "stretch", "list"])
    const refused = (query: string, message: RegExp) =>
      ask(`gateways/g/logs?format=csv&${query}`).then((answer) => assertRefused(answer, [400, 7001], message))
    await refused("page=2", /page needs per_page/)
    await refused("order_by=cost", /in the order of time/)
    await refused("modle=x", /perhaps model was meant/)
    assertRefused(await ask("gateways/g/logs?format=pdf"), [400, 7001], /format takes/)
    assertRefused(
      await ask("gateways/g/logs?format=csv", { method: "DELETE" }),
      [400, 7001],
      /no parameter format/,
    )
  }))

test("HEAD reads nothing of the log", () =>
  withAdmin(async (ask, asked) => {
    const { headers, text } = await ask("gateways/g/logs?format=csv", { method: "HEAD" })
    assert.deepEqual([text, headers.get("content-type")], ["", "text/csv; charset=utf-8; header=present"])
    assert.deepEqual(asked, [])
  }, { stretch }))

test("if the file cannot be read to the end, the client sees that the list broke off", () =>
  withAdmin(async (ask) => {
    await assert.rejects(ask("gateways/g/logs?format=csv"))
  }, {
    stretch: (_, after) =>
      Effect.succeed({
        entries: [entryOf("a")],
        next: place("a"),
        from: after === undefined ? "sqlite" : "memory",
      }),
  }))

test("a client that stops reading stops the reading of the log", async () => {
  let reads = 0
  const next = () => Promise.resolve([{ id: `${++reads}` }])
  const response = exportOf({ format: "csv", name: "x", columns: ["id"], next }, true)
  const reader = response.body?.getReader()
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), "id\r\n1\r\n")
  await reader?.read()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(reads, 2, "nothing is read ahead")
  await reader?.cancel()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(reads, 2)
})

test("analytics, limits and gateways are exported as well", () =>
  withAdmin(
    async (ask) => {
      const { text, headers } = await ask("analytics?format=csv&by=token,cached&bucket=all&since=-1h")
      assert.match(headers.get("content-disposition") ?? "", /"basegate-analytics-a-\d{4}/)
      const [header, row, end] = text.split("\r\n")
      assert.equal(
        header,
        "time,token,is_cached,requests,errors,cached,tokens_in,tokens_out,tokens_cached,cost,unpriced," +
          "duration_p50,duration_p90,duration_p95,duration_p99," +
          "time_to_first_token_p50,time_to_first_token_p90,time_to_first_token_p95,time_to_first_token_p99," +
          "tokens_reasoning,estimated,cost_estimated,rescued," +
          "tokens_per_second_p50,tokens_per_second_p90,tokens_per_second_p95,tokens_per_second_p99",
      )
      assert.deepEqual([row, end], [
        "1970-01-01T00:00:00.000Z,ci,true,2,0,1,3,4,0,,2,1,2,3,4,,,,,0,0,0,0,,,,",
        "",
      ])
      const gateways = await ask("gateways?format=csv")
      assert.deepEqual(gateways.text.split("\r\n").map((line) => line.split(",")[0]), [
        "id",
        "one",
        "two",
        "",
      ])
      assert.equal((await ask("gateways?format=ndjson&per_page=1&page=2")).text.split("\n").length, 2)
      assert.equal((await ask("gateways?format=ndjson&page=2")).text, "")
      for (const path of ["limits", "gateways/one/limits"]) {
        const limits = await ask(`${path}?format=csv`)
        assert.match(limits.headers.get("content-disposition") ?? "", /"basegate-limits-a-/)
        const [columns = "", ...rules] = limits.text.trimEnd().split("\r\n")
        assert.match(columns, /^gateway,id,token,kind,unit,limit,/)
        assert.deepEqual(
          rules.map((rule) => rule.split(",", 2)[1]),
          Array.from({ length: 25 }, (_, at) => `r${at}`),
        )
      }
      assert.equal((await ask("limits?format=ndjson&per_page=10&page=3")).text.split("\n").length, 6)
    },
    {
      analytics: () =>
        Effect.succeed([{
          ...someFigures({
            requests: 2,
            cached: 1,
            tokens_in: 3,
            tokens_out: 4,
            unpriced: 2,
            duration: { p50: 1, p90: 2, p95: 3, p99: 4 },
          }),
          time: 0,
          group: { token: "ci", cached: "true" },
        }]),
    },
    {
      BASEGATE_CONFIG: JSON.stringify({
        gateways: {
          "a/one": {
            rate_limits: Array.from({ length: 25 }, (_, at) => ({ id: `r${at}`, limit: 1, interval: 1 })),
          },
          "a/two": {},
        },
      }),
    },
  ))

test("the columns of analytics have unique names, whatever the grouping", () => {
  const columns = analyticsColumns(["cached", "rescued", "metadata.cost"])
  assert.equal(new Set(columns).size, columns.length)
  const row = flatRow({
    cached: 3,
    rescued: 1,
    group: { cached: "true", rescued: "retry", "metadata.cost": "high" },
  })
  assert.deepEqual(
    [row["cached"], row["is_cached"], row["rescued"], row["is_rescued"], row["metadata.cost"]],
    [3, "true", 1, "retry", "high"],
  )
})
