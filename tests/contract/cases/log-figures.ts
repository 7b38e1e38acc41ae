/** Figures for those who pay: exports of the log, calendar buckets, and sums that are exact. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"
import { adminToken } from "./log-api.ts"

/** What these cases need configured: a gateway for each that counts entries. */
export const logFigureEntries = (): Configured => ({
  entries: { "figures-exported": {}, "figures-named": {}, "figures-summed": {}, "figures-long": {} },
})

interface Figures {
  readonly time: string
  readonly group: Readonly<Record<string, string | null>>
  readonly requests: number
  readonly cost: number | null
  readonly unpriced: number
}

interface Analytics {
  readonly bucket_ms: number | null
  readonly time_zone: string
  readonly rows: ReadonlyArray<Figures>
  readonly totals: Figures
}

/** The lines of CSV as rows of cells, where no cell has a line break. */
const rowsOf = (csv: string): ReadonlyArray<ReadonlyArray<string>> =>
  csv.split("\r\n").slice(0, -1).map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
      quoted?.replaceAll('""', '"') ?? plain ?? ""
    )
  )

export const logFigureCases = (harness: Harness): void => {
  const admin = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
    fetch(`${harness.configured.url}/client/v4/accounts/account/ai-gateway/gateways/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, ...headers },
    })
  const resultOf = async <T>(path: string): Promise<T> => {
    const response = await admin(path)
    const { result, errors } = await response.json() as { result: T; errors: unknown }
    assert.equal(response.status, 200, JSON.stringify(errors))
    return result
  }
  const call = async (
    entry: string,
    headers: Record<string, string>,
    path = "baseten/v1/chat/completions",
  ): Promise<string> => {
    const response = await fetch(`${harness.entry(entry)}/${path}`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: path.includes("chat/") ? chat() : "{}",
    })
    await response.arrayBuffer()
    return response.headers.get("cf-aig-log-id") ?? ""
  }
  const logged = async (entry: string, count: number): Promise<void> => {
    for (let tries = 0; tries < 200; tries++) {
      const response = await admin(`${entry}/logs`)
      const { result_info } = await response.json() as { result_info: { total_count: number } }
      if (result_info.total_count === count) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error("the log did not get the calls")
  }

  test("the log is exported as a whole, as CSV without formulas and as lines of JSON", async () => {
    const name = "figures-exported"
    const first = await call(name, { "cf-aig-metadata": `{"team":"a,b"}`, "cf-aig-event-id": "=1+1" })
    const second = await call(name, { "user-agent": `-cmd|' /C calc'!A0 "x"` })
    await logged(name, 2)
    const response = await admin(`${name}/logs?format=csv`)
    assert.match(response.headers.get("content-type") ?? "", /^text\/csv; charset=utf-8/)
    assert.match(
      response.headers.get("content-disposition") ?? "",
      /^attachment; filename="basegate-logs-account-figures-exported-\d{4}-\d\d-\d\d\.csv"$/,
    )
    assert.equal(response.headers.get("cache-control"), "no-store")
    const [header = [], ...rows] = rowsOf(await response.text())
    const column = (name: string) => rows.map((row) => row[header.indexOf(name)])
    assert.deepEqual(column("id"), [second, first])
    assert.deepEqual(column("event_id"), [second, "'=1+1"])
    assert.deepEqual(column("metadata"), ["{}", `{"team":"a,b"}`])
    assert.deepEqual(column("user_agent")[0], `'-cmd|' /C calc'!A0 "x"`)
    assert.deepEqual(column("token"), ["", ""])
    assert.ok(rows.every((row) => row.length === header.length))

    const list = await resultOf<ReadonlyArray<object>>(`${name}/logs`)
    const lines = async (path: string, headers?: Record<string, string>) => {
      const response = await admin(path, headers)
      assert.equal(response.headers.get("content-type"), "application/x-ndjson")
      return (await response.text()).split("\n").slice(0, -1).map((line) => JSON.parse(line) as object)
    }
    assert.deepEqual(await lines(`${name}/logs?format=ndjson`), list)
    assert.deepEqual(await lines(`${name}/logs`, { accept: "application/x-ndjson" }), list)
    assert.deepEqual(await lines(`${name}/logs?format=ndjson&order_by_direction=asc`), list.toReversed())
    assert.deepEqual(await lines(`${name}/logs?format=ndjson&search=a,b`), list.slice(1))
    assert.deepEqual(await lines(`${name}/logs?format=ndjson&per_page=1&page=2`), list.slice(1))
    assert.deepEqual(await lines(`${name}/logs?format=ndjson&model=none`), [])
    const head = await admin(`${name}/logs?format=csv`, {}, "HEAD")
    assert.match(head.headers.get("content-type") ?? "", /^text\/csv/)
    assert.equal(await head.text(), "")
    const refused = await admin(`${name}/logs?format=xml`)
    assert.equal(refused.status, 400)
    await refused.text()
  })

  test("deployments and chains are listed among the models, and have a column of their own", async () => {
    const name = "figures-named"
    await call(name, {}, "baseten/model/abcd1234")
    await call(name, {}, "baseten/chain/wxyz9876")
    await call(name, fault({ status: 503, body: { error: "no" } }), "baseten/model/abcd1234")
    await call(name, { "cf-aig-custom-cost": `{"total_cost":0.5}` })
    await logged(name, 4)
    const by = async (dimensions: string) => {
      const { rows } = await resultOf<Analytics>(`${name}/analytics?since=-1h&bucket=all&by=${dimensions}`)
      return rows.map(({ group, requests, cost, unpriced }) => [group, requests, cost, unpriced])
    }
    assert.deepEqual(await by("model"), [
      [{ model: "abcd1234" }, 2, 0, 1],
      [{ model: "openai/gpt-oss-120b" }, 1, 0.5, 0],
      [{ model: "wxyz9876" }, 1, null, 1],
    ])
    assert.deepEqual(await by("deployment,token"), [
      [{ deployment: "abcd1234", token: null }, 2, 0, 1],
      [{ deployment: "wxyz9876", token: null }, 1, null, 1],
      [{ deployment: null, token: null }, 1, 0.5, 0],
    ])
    const filters = encodeURIComponent(
      JSON.stringify([{ key: "deployment", operator: "eq", value: ["abcd1234"] }]),
    )
    const found = await resultOf<ReadonlyArray<{ deployment: string; token: null }>>(
      `${name}/logs?filters=${filters}`,
    )
    assert.deepEqual(found.map(({ deployment, token }) => [deployment, token]), [["abcd1234", null], [
      "abcd1234",
      null,
    ]])
    const nobody = encodeURIComponent(JSON.stringify([{ key: "token", operator: "neq", value: [null] }]))
    assert.deepEqual(await resultOf(`${name}/logs?filters=${nobody}`), [])
  })

  test("sums are exact to the last digit, in every bucket and export", async () => {
    const name = "figures-summed"
    const costs = ["0.1", "0.2", "0.000000000007", "1234.567890123456", "0.7"]
    for (const cost of costs) await call(name, { "cf-aig-custom-cost": `{"total_cost":${cost}}` })
    await logged(name, costs.length)
    const exact = 1235.567890123463
    const entries = await resultOf<ReadonlyArray<{ cost: number }>>(`${name}/logs`)
    assert.equal(
      Number(entries.reduce((sum, { cost }) => sum + BigInt(Math.round(cost * 1e12)), 0n)) / 1e12,
      exact,
    )
    for (const bucket of ["all", "1mo", "1w", "1d", "1h"]) {
      for (const zone of ["UTC", "Asia/Kolkata"]) {
        const path = `${name}/analytics?since=-1h&bucket=${bucket}&time_zone=${zone}`
        const { rows, totals, time_zone } = await resultOf<Analytics>(path)
        assert.deepEqual([totals.cost, totals.unpriced, time_zone], [exact, 0, zone], path)
        // A clock that passes a bucket's end meanwhile makes two of them.
        if (rows.length === 1) assert.equal(rows[0]?.cost, exact, path)
      }
    }
    const csv = await (await admin(`${name}/analytics?bucket=all&by=model`, { accept: "text/csv" })).text()
    const [header = [], row = []] = rowsOf(csv)
    assert.deepEqual([row[header.indexOf("model")], row[header.indexOf("cost")]], [
      "openai/gpt-oss-120b",
      String(exact),
    ])
    const nothing = await resultOf<Analytics>(`${name}/analytics?bucket=1mo&model=none`)
    assert.deepEqual([nothing.rows, nothing.totals.cost, nothing.totals.unpriced], [[], 0, 0])
  })

  test("months begin in the requested time zone", async () => {
    const name = "figures-named"
    const at = async (query: string) => {
      const { rows } = await resultOf<Analytics>(`${name}/analytics?since=-1h&${query}`)
      return rows.at(-1)?.time ?? ""
    }
    assert.match(await at("bucket=1mo"), /^\d{4}-\d\d-01T00:00:00\.000Z$/)
    assert.match(await at("bucket=1mo&time_zone=Asia/Kolkata"), /T18:30:00\.000Z$/)
    assert.match(await at("bucket=1d&time_zone=Asia/Kathmandu"), /T18:15:00\.000Z$/)
    assert.equal(new Date(await at("bucket=1w")).getUTCDay(), 1)
    const refused = await admin(`${name}/analytics?time_zone=Nowhere`)
    const { errors } = await refused.json() as { errors: ReadonlyArray<{ message: string }> }
    assert.equal(refused.status, 400)
    assert.match(errors[0]?.message ?? "", /time_zone takes a name of the IANA database/)
  })

  test("a client that leaves during an export does no harm", async () => {
    const name = "figures-long"
    for (let index = 0; index < 5; index++) await call(name, {})
    await logged(name, 5)
    for (let round = 0; round < 5; round++) {
      const reader = (await admin(`${name}/logs?format=ndjson`)).body?.getReader()
      await reader?.read()
      await reader?.cancel()
    }
    assert.equal((await (await admin(`${name}/logs?format=ndjson`)).text()).split("\n").length, 6)
  })
}
