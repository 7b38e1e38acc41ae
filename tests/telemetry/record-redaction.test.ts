/** No secret turns up in what a collector is sent, and the collector's key nowhere else. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import fc from "fast-check"
import { createGateway, Transport } from "../../mod.ts"
import { call, environment, requestOf, secrets, variablesOf } from "../auth/any-gateway.ts"

const collectorKey = "sk-collector-7f3e"
const otel = {
  OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.test",
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${collectorKey}`,
}
const held = (text: string) => [...secrets, collectorKey].filter((secret) => text.includes(secret))
const seen: Record<string, number> = { "/v1/traces": 0, "/v1/logs": 0, "/v1/metrics": 0, refused: 0 }

test("spans, logs and metrics hold no secret, whatever callers send and operators set", async () => {
  const outcome = fc.constantFrom(200, 200, 401, 429, 500, 0)
  const { log, error } = console
  const { fetch } = globalThis
  await fc.assert(
    fc.asyncProperty(
      environment,
      fc.array(call, { minLength: 1, maxLength: 3 }),
      fc.array(outcome, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(200, 400),
      async (environment, calls, outcomes, collected) => {
        const told: Array<string> = []
        let sent = 0
        const transport = Layer.succeed(Transport, {
          decodes: new Set<string>(),
          send: ({ url, headers }) => {
            told.push(JSON.stringify([...headers].filter(([name]) => /^(?:trace|cf-)/.test(name))))
            assert.equal(JSON.stringify([...headers]).includes(collectorKey), false, url)
            const status = outcomes[sent++ % outcomes.length] ?? 200
            return status === 0
              ? Promise.reject(new Error("no connection"))
              : Promise.resolve(Response.json({ status }, { status }))
          },
        })
        console.log = console.error = (line: string) => void told.push(line)
        globalThis.fetch = (url, init) => {
          const { pathname } = new URL(String(url))
          seen[pathname] = (seen[pathname] ?? 0) + 1
          told.push(String(init?.body))
          return Promise.resolve(new Response("{}", { status: collected }))
        }
        try {
          const gateway = createGateway({ env: { ...variablesOf(environment), ...otel }, transport })
          for (const one of calls) {
            const response = await gateway.fetch(requestOf(one), { loopback: one.loopback })
            told.push(`${JSON.stringify([...response.headers])} ${await response.text()}`)
          }
          await gateway.dispose()
        } finally {
          Object.assign(console, { log, error })
          globalThis.fetch = fetch
        }
        if (collected === 400) seen["refused"] = (seen["refused"] ?? 0) + 1
        for (const text of told) assert.deepEqual(held(text), [], text)
      },
    ),
    { numRuns: 300 },
  )
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `the test saw no ${what}`)
})
