/** Records of requests for tests: one that went well, and any at all. */
import fc from "fast-check"
import { uuidV7 } from "../../lib/record/request-id.ts"
import type { AttemptRecord, Ending, RequestRecord, UsageSource } from "../../lib/record/request-record.ts"
import { draftRecord } from "../support/draft-record.ts"

/** When the records of tests begin. */
export const start = Date.parse("2026-11-01T00:00:00Z")

/** A call of a model that went well; `members` say what is different. */
export const recordOf = (members: Partial<RequestRecord> = {}): RequestRecord => {
  const time = members.time ?? new Date(start).toISOString()
  const id = members.request_id ?? uuidV7(Date.parse(time))
  return {
    ...draftRecord({
      time,
      request_id: id,
      event_id: id,
      method: "POST",
      path: "/v1/account/gateway/baseten/v1/chat/completions",
      user_agent: "OpenAI/JS 7.57.0",
      request_content_type: "application/json",
      scheme: "https",
    }),
    account_id: "account",
    gateway_id: "gateway",
    provider: "baseten",
    route: "chat.completions",
    model: "openai/gpt-oss-120b",
    status: 200,
    total_ms: 12.5,
    ...members,
  }
}

/** Texts that collide, differ in case, and are quoted, escaped or sorted in unusual ways. */
export const anyText = fc.constantFrom(
  "a",
  "A",
  "b",
  "aB",
  "a%b_",
  'q"u\\o',
  'x"a',
  "line\nbreak",
  "é",
  "\uffee",
  "👩‍💻",
  "Ж",
  "'",
  "null",
  "3",
  "true",
)
/** The first of some values three times out of four. */
export const usually = <T>(first: T, ...others: ReadonlyArray<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(first) }, fc.constantFrom(...others))
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const anyCount = orNull(fc.constantFrom(0, 1, 2, 3, 1000))
const anyTime = fc.oneof(
  fc.constantFrom(0, 0.001, 1, 1.5, 12.345, 100_000),
  fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0),
)

const anyAttempt: fc.Arbitrary<AttemptRecord> = fc.record({
  step: fc.constant(0),
  attempt: fc.constant(1),
  provider: fc.constant("baseten"),
  model: fc.constantFrom("a", "b", "\ud83d", null),
  url: fc.constant("https://inference.baseten.co/v1/chat/completions"),
  status: fc.constantFrom(200, 529, null),
  error: fc.constantFrom(null, "connect"),
  started_ms: fc.constant(1),
  duration_ms: fc.constant(1),
  waited_ms: fc.constant(0),
  circuit: fc.constant(null),
  span_id: fc.constant(null),
}).map((attempt) => ({ ...attempt }))

/** Metadata, with values of every kind. */
export const anyMetadata = fc.dictionary(
  anyText,
  fc.oneof(anyText, fc.constantFrom(3, -0.5, 1e21, true, false, "")),
  { maxKeys: 3, noNullPrototype: true },
)

/** Any record of the account `account`, within two hours after `start`. */
export const anyRecord: fc.Arbitrary<RequestRecord> = fc.record({
  time: fc.integer({ min: 0, max: 7_200_000 }).map((after) => new Date(start + after).toISOString()),
  request_id: fc.uuid(),
  event_id: anyText,
  account_id: usually("account", "other"),
  gateway_id: usually("gateway", "second"),
  provider: usually("a", "A", null),
  route: orNull(fc.constantFrom("chat.completions", "compat.chat", "Compat", "universal")),
  model: fc.oneof(usually("a", "b", "\ud83d", "a\0b", null), anyText),
  deployment: orNull(fc.constantFrom("abcd1234", "wxyz", "a\0b")),
  token: orNull(fc.constantFrom("ci", "web", "Web")),
  path: anyText,
  status: usually(200, 399, 400, 529),
  ending: usually<Ending>("complete", "upstream_cut", "client_left"),
  error: orNull(anyText),
  total_ms: anyTime,
  time_to_first_token_ms: orNull(anyTime),
  cost: orNull(fc.constantFrom(0, 0.1, 0.2, 1e-7)),
  tokens_in: anyCount,
  tokens_out: anyCount,
  tokens_cached: anyCount,
  tokens_reasoning: anyCount,
  usage_source: usually<UsageSource | null>("exact", "estimated", null),
  step: usually(0, 1),
  attempts: fc.array(anyAttempt, { maxLength: 2 }),
  cached: fc.boolean(),
  authenticated: fc.boolean(),
  user_agent: orNull(anyText),
  request_content_type: orNull(anyText),
  response_content_type: orNull(anyText),
  metadata: anyMetadata,
  dlp: orNull(
    fc.constantFrom("FLAG", "MASK").map((action) => ({
      action,
      policies: ["p"],
      profiles: ["q"],
      check: "REQUEST",
    } as const)),
  ),
  guardrails: orNull(
    fc.array(
      fc.record({
        phase: fc.constantFrom("prompt", "response"),
        category: fc.constantFrom("S1", null),
        action: fc.constantFrom("FLAG", "BLOCK", "unavailable"),
      }).map((verdict) => ({ ...verdict })),
      { maxLength: 2 },
    ),
  ),
  requested_model: fc.constantFrom(null, "dynamic/a", "custom/b"),
}).map(recordOf)
