/** The management API's queries: a refusal that says what is wrong, or a question. */
import assert from "node:assert/strict"
import { createGateway } from "../../../mod.ts"
import type { Target } from "../target.ts"

const gateway = createGateway({ env: { LOG_LEVEL: "none", BASEGATE_ADMIN_TOKEN: "fuzz-admin-token" } })

export const queries: Target = {
  name: "queries",
  corpus: [
    'gateways/g/logs?page=1&per_page=20&order_by=created_at&order_by_direction=desc&filters=[{"key":"success","operator":"eq","value":[true]}]',
    "gateways/g/logs?search=x&success=true&min_cost=0.1&start_date=2026-11-01T00:00:00Z&end_date=2026-11-28",
    "gateways/g/analytics?since=2026-11-01&until=2026-11-28&by=token&bucket=1mo&time_zone=Europe/Berlin",
    "gateways/g/logs?format=csv&meta.team=x",
    "gateways/g/logs/01ABC/request",
    "gateways/g/limits",
    "audit?per_page=5",
    "gateways?search=g&page=2",
    "gateways/g/routes/x/versions",
    "gateways/g/tokens",
    "status",
  ],
  words: [
    "&",
    "=",
    "page",
    "per_page=0",
    "by=",
    "bucket=1h",
    "filters=",
    "[{",
    "}]",
    '"key":',
    "%00",
    "%ff",
    "time_zone=x/y",
    "format=ndjson",
  ],
  check: async (input) => {
    const path = new TextDecoder().decode(input).replaceAll(/[\r\n\t #\\]/g, "")
    const url = `https://gate.example/client/v4/accounts/a/ai-gateway/${path}`
    if (!URL.canParse(url)) return
    const response = await gateway.fetch(
      new Request(url, { headers: { authorization: "Bearer fuzz-admin-token" } }),
    )
    const text = await response.text()
    assert.ok(response.status < 500, `${response.status} ${text.slice(0, 300)}`)
    if (response.headers.get("content-type")?.includes("json")) JSON.parse(text.split("\n")[0] ?? "")
  },
}
