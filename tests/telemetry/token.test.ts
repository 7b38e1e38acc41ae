/** Whose call it was, where operators look for it. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { terminalLine } from "../../lib/telemetry/console/terminal-line.ts"
import { requestAttributes } from "../../lib/telemetry/genai/attributes.ts"
import { labelPairs } from "../../lib/telemetry/metrics/instruments.ts"
import { requestMetrics } from "../../lib/telemetry/metrics/record-metrics.ts"
import { record as sample } from "./sample-record.ts"

const record = (token: string | null) => ({ ...sample, token })

test("a token's name is a label of the endings, an attribute of the span, and stands on the line", () => {
  const metrics = requestMetrics(() => true)
  for (const token of ["ann", "ann", null]) metrics.record(record(token))
  const endings = metrics.families.find(({ instrument }) => instrument.name === "basegate.request.endings")
  const counts = [...endings?.points ?? []].map(({ labels, value }) => [
    Object.fromEntries(labelPairs(labels))["basegate.token"] ?? null,
    value,
  ])
  assert.deepEqual(counts, [["ann", 2], [null, 1]])
  assert.deepEqual(requestAttributes(record("ann"))["basegate.token"], { stringValue: "ann" })
  assert.equal(requestAttributes(record(null))["basegate.token"], null)
  const format = { width: 160, color: false, dated: false }
  assert.match(terminalLine(record("ann"), format), /by ann/)
  assert.doesNotMatch(terminalLine(record(null), format), /by /)
})
