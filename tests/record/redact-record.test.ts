import assert from "node:assert/strict"
import { test } from "node:test"
import { secretsOf } from "../../lib/redaction/secrets.ts"
import { otlpLog } from "../../lib/telemetry/otlp/logs.ts"
import { otlpSpans } from "../../lib/telemetry/otlp/spans.ts"
import type { RequestRecord } from "../../lib/record/request-record.ts"
import { redactRecord } from "../../lib/record/redact-record.ts"
import { attempt, record } from "../telemetry/sample-record.ts"

const secret = "0123456789abcdef0123456789abcdef"
const secrets = [secretsOf(["another-secret"]), secretsOf([secret])]
const scrubbed = (members: Partial<RequestRecord>, isListed = false) =>
  redactRecord({ ...record, ...members }, secrets, isListed)

test("a record that holds no secret is given back as it is", () => {
  assert.equal(redactRecord(record, secrets, false), record)
})

test("no text of a record, its spans or its log holds a secret, and the rest stays", () => {
  const places: ReadonlyArray<Partial<RequestRecord>> = [
    ...([
      "event_id",
      "account_id",
      "gateway_id",
      "method",
      "path",
      "model",
      "deployment",
      "user_agent",
      "request_content_type",
      "response_content_type",
      "baseten_request_id",
      "error",
    ] as const).flatMap((name) => [{ [name]: secret }, { [name]: `a ${encodeURIComponent(secret)}/b` }]),
    { metadata: { team: "search", key: secret, [secret]: true } },
    { metadata: { key: `Bearer ${secret}` } },
    { attempts: [{ ...attempt, model: secret }] },
    { attempts: [{ ...attempt, url: `https://model-${secret}.api.baseten.co/predict` }] },
    { attempts: [{ ...attempt, url: `https://inference.baseten.co/v1/${secret}` }] },
    { changes: [`reasoning_effort left out for ${secret}`] },
    { trace: { trace_id: secret, span_id: "00000000000000f0", parent_span_id: null, sampled: true } },
  ]
  for (const place of places) {
    const told = scrubbed(place)
    for (const text of [told, otlpSpans(told), otlpLog(told, "info")].map((value) => JSON.stringify(value))) {
      assert.ok(!text.includes(secret), text)
    }
    const [name = ""] = Object.keys(place)
    assert.deepEqual({ ...told, [name]: null }, { ...record, [name]: null })
  }
  assert.deepEqual(scrubbed({ metadata: { team: "search", weight: 2, key: `Bearer ${secret}` } }).metadata, {
    team: "search",
    weight: 2,
    key: "Bearer [redacted]",
  })
})

test("a number that is a secret is replaced", () => {
  const told = redactRecord({ ...record, metadata: { pin: 12345678 } }, [secretsOf(["12345678"])], false)
  assert.deepEqual(told.metadata, { pin: "[redacted]" })
})

test("a gateway's name from the settings is kept", () => {
  const ids = { account_id: secret, gateway_id: `of-${secret}` }
  assert.deepEqual(scrubbed(ids, true), { ...record, ...ids })
  assert.equal(scrubbed({ ...ids, model: secret }, true).model, "[redacted]")
})
