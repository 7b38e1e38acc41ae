/** A finished record, for what is made of records. */
import type { AttemptRecord, RequestRecord } from "../../lib/record/request-record.ts"
import { draftRecord } from "../support/draft-record.ts"

export const attempt: AttemptRecord = {
  step: 0,
  attempt: 1,
  provider: "baseten",
  model: "openai/gpt-oss-120b",
  url: "https://inference.baseten.co/v1/chat/completions",
  status: 200,
  error: null,
  started_ms: 2,
  duration_ms: 100,
  waited_ms: 0,
  circuit: null,
  span_id: "00000000000000a1",
}

/** A streamed chat of two seconds: first token after half a second, 31 tokens. */
export const record: RequestRecord = {
  ...draftRecord({
    time: "2026-11-25T12:00:00.123Z",
    request_id: "019ab000-0000-7000-8000-000000000001",
    event_id: "order-7",
    method: "POST",
    scheme: "https",
    path: "/v1/a/g/baseten/v1/chat/completions",
    user_agent: "client/1",
    request_content_type: "application/json",
  }),
  account_id: "a",
  gateway_id: "g",
  provider: "baseten",
  route: "chat.completions",
  model: "openai/gpt-oss-120b",
  stream: true,
  status: 200,
  upstream_status: 200,
  request_bytes: 120,
  response_bytes: 4000,
  time_to_headers_ms: 102,
  time_to_first_byte_ms: 400.5,
  time_to_first_token_ms: 500,
  total_ms: 2000,
  gateway_ms: 1.5,
  tokens_in: 100,
  tokens_out: 31,
  tokens_cached: 40,
  tokens_reasoning: 5,
  usage_source: "exact",
  cost: 0.00025,
  baseten_request_id: "b-1",
  metadata: { team: "search", weight: 2, beta: true },
  attempts: [attempt],
  trace: {
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    span_id: "00000000000000f0",
    parent_span_id: "b7ad6b7169203331",
    sampled: true,
  },
}

/** A call without an answer, a first try that failed, and a second that answered. */
export const retried: RequestRecord = {
  ...record,
  attempts: [
    { ...attempt, status: null, error: "provider_failed", span_id: "00000000000000a1" },
    { ...attempt, attempt: 2, started_ms: 300, waited_ms: 198, span_id: "00000000000000a2" },
  ],
}
