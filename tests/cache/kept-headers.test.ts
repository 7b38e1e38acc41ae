import assert from "node:assert/strict"
import { test } from "node:test"
import { keptHeaders, sharedHeaders } from "../../lib/cache/kept-headers.ts"

const kept = [
  "cache-control",
  "content-disposition",
  "content-type",
  "date",
  "etag",
  "last-modified",
  "openai-version",
  "vary",
  "x-audio-duration-ms",
  "x-baseten-model-id",
  "x-baseten-model-version-id",
  "x-custom",
  "x-num-tokens",
  "x-sample-rate",
]
const dropped = [
  "access-control-allow-origin",
  "age",
  "anthropic-organization-id",
  "anthropic-ratelimit-requests-remaining",
  "b3",
  "cf-aig-log-id",
  "cf-ray",
  "character-cost",
  "content-length",
  "history-item-id",
  "openai-organization",
  "openai-processing-ms",
  "openai-project",
  "ratelimit",
  "ratelimit-policy",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "server-timing",
  "set-cookie",
  "traceparent",
  "uber-trace-id",
  "via",
  "x-amz-cf-id",
  "x-amzn-requestid",
  "x-amzn-trace-id",
  "x-b3-spanid",
  "x-baseten-accepted-at",
  "x-baseten-model-prediction-attempts",
  "x-baseten-request-id",
  "x-baseten-session-id",
  "x-cloud-trace-context",
  "x-correlation-id",
  "x-csrf-token",
  "x-envoy-upstream-service-time",
  "x-litellm-call-id",
  "x-rate-limit-reset",
  "x-ratelimit-remaining-requests",
  "x-request-id",
  "x-request-uuid",
  "x-runtime",
  "x-should-retry",
  "x-user",
]
const headers = new Headers([...kept, ...dropped].map((name): [string, string] => [name, "1"]))

test("keptHeaders() keeps what describes the answer, and drops what was one request's", () => {
  assert.deepEqual(keptHeaders(headers).map(([name]) => name), kept)
})

test("sharedHeaders() gives those who wait the answer's own headers, its length, and when to try again", () => {
  const shared = [...kept, "content-length", "retry-after", "retry-after-ms", "x-should-retry"]
  assert.deepEqual([...sharedHeaders(headers).keys()], shared.sort())
})
