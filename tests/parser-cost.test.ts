/**
 * Parsers take time in proportion to what they are given, on the runtime that runs this; `contract/cases/parser-cost.ts`
 * holds whole gateways to the same.
 */
import assert from "node:assert/strict"
import { test } from "node:test"
import { parseExactly, wellFormedJson } from "../lib/json/exact-json.ts"
import { DlpCall } from "../lib/dlp/dlp-check.ts"
import { EventRewriter } from "../lib/dlp/event-rewriter.ts"
import { rewriteJson } from "../lib/dlp/json-body.ts"
import { compileDlp } from "../lib/dlp/policy.ts"
import { promptTexts } from "../lib/guardrail/scanned-text.ts"
import { EventWindows } from "../lib/guardrail/windows.ts"
import { findSyntaxError } from "../lib/json/syntax-error.ts"
import { keepPayload } from "../lib/request-log/payload.ts"
import { requestUsage } from "../lib/body/include-usage.ts"
import { topLevelMembers } from "../lib/json/members.ts"
import { valueAt } from "../lib/json/value-at.ts"
import { stepHeaders } from "../lib/body/step-headers.ts"
import { isPlainPath } from "../lib/route/path-spelling.ts"
import { redact, secretsOf } from "../lib/redaction/secrets.ts"
import type { Framing } from "../lib/sse/framing.ts"
import { takesInProportion } from "./support/in-proportion.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const numbered = (count: number, one: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => one(index)).join(",")

/** Policies that look at some texts alone, and what they hold for. */
const { request: scoped, response: checked } = compileDlp([{
  id: "p",
  action: "MASK",
  check: ["REQUEST", "RESPONSE"],
  skipsSystem: true,
  paths: [["a"]],
  profiles: [{ id: "a", detectors: ["email"] }],
}])
const rulesOf = (compiled = scoped ?? assert.fail()) => new DlpCall().rules(compiled)

/** Texts that are as deep as there are many. */
const deepTexts = (count: number): string => "[".repeat(count) + '"a",'.repeat(count)

/** Takes a stream event by event. */
const guardEvents = (text: string, framing: Framing | undefined): void => {
  const guard = new EventRewriter(rulesOf(checked), framing, true)
  for (const event of text.split("\n")) guard.push(bytesOf(`data: ${event}\n\n`))
  guard.finish()
}

/** What takes a text that is so many times one thing. */
const parsers: Readonly<
  Record<string, readonly [make: (count: number) => string, parse: (text: string) => unknown]>
> = {
  "members": [
    (count) => `{${numbered(count, (index) => `"k${index}":1`)}}`,
    (text) => topLevelMembers(bytesOf(text), 100),
  ],
  "what is asked for usage": [
    (count) => `{${numbered(count, (index) => `"k${index}":[]`)},"stream_options":{}}`,
    (text) => requestUsage(bytesOf(text)),
  ],
  "a step's headers": [
    (count) => `{${numbered(count, (index) => `"x-${index}":"1"`)}}`,
    (text) => stepHeaders(bytesOf(text), undefined),
  ],
  "brackets": [
    (count) => "[".repeat(count) + "]".repeat(count),
    (text) => findSyntaxError(bytesOf(text), text.length),
  ],
  "objects": [(count) => `[${numbered(count, () => "{}")}]`, (text) => findSyntaxError(bytesOf(text))],
  "a path into a body": [
    (count) => `{"a":[${numbered(count, () => '{"b":1}')}]}`,
    (text) => valueAt(bytesOf(text), ["a", "7", "b"]),
  ],
  "long numbers": [(count) => `[${numbered(count, () => "12345678901234567890")}]`, parseExactly],
  "digits of a number": [(count) => `[1${"0".repeat(count)}.${"0".repeat(count)}1]`, parseExactly],
  "quotes that open nothing": [
    (count) => `{"a":"${'\\"'.repeat(count)}`,
    (text) => assert.throws(() => parseExactly(text)),
  ],
  "halves of characters": [(count) => '"' + "\\ud83d".repeat(count) + '"', wellFormedJson],
  "escapes of a path": [(count) => `${"%3".repeat(count)}%35`, isPlainPath],
  "percent signs": [(count) => `%${"25".repeat(count)}2e`, isPlainPath],
  "a text that is all secret": [
    (count) => "a".repeat(count),
    (text) => redact(text, secretsOf(["a".repeat(16_000)])),
  ],
  "a text that is nearly all secret": [
    (count) => "a".repeat(count),
    (text) => redact(text, secretsOf([`${"a".repeat(8_000)}b${"a".repeat(8_000)}`])),
  ],
  "deep texts, for a scanner": [deepTexts, (text) => promptTexts(bytesOf(text), undefined)],
  "deep texts, for policies": [
    deepTexts,
    (text) => rewriteJson(bytesOf(text), rulesOf(), undefined, false),
  ],
  "deep texts, in a stream": [deepTexts, (text) => guardEvents(text, undefined)],
  "log probabilities of an event": [
    (count) => `{${numbered(count, () => '"logprobs":{},"a":"b"')}}`,
    (text) => guardEvents(text, "chat"),
  ],
  "places of a stream": [
    (count) => Array.from({ length: count / 10 }, (_, index) => `{"k${index}":"a"}`).join("\n"),
    (text) => guardEvents(text, undefined),
  ],
  "texts of an answer, in windows": [
    (count) =>
      Array.from({ length: count / 5 }, (_, index) =>
        [
          `{"type":"response.output_text.delta","output_index":${index},"delta":"said ${index}"}`,
          `{"type":"response.output_text.done","output_index":${index},"text":"done ${index}"}`,
        ].join("\n")).join("\n"),
    (text) => {
      const windows = new EventWindows("responses")
      for (const event of text.split("\n")) {
        windows.push(bytesOf(`data: ${event}\n\n`))
        if (!windows.isDue) continue
        windows.close()
        windows.release()
      }
    },
  ],
  "a body that is kept": [
    (count) => `{"a":"${'\\"'.repeat(count)} sk-secret"}`,
    (text) => {
      const keeper = keepPayload(10_485_760)
      keeper.push(bytesOf(text))
      return keeper.finish([secretsOf(["sk-secret"])])
    },
  ],
  "a stream that is kept": [
    (count) => `data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n`.repeat(count / 50),
    (text) => {
      const keeper = keepPayload(10_485_760)
      keeper.push(bytesOf(text))
      return keeper.finish([secretsOf(["sk-secret"])])
    },
  ],
}

for (const [what, [make, parse]] of Object.entries(parsers)) {
  test(`${what}: four times as much takes less than six times as long`, () => {
    const count = 20_000
    const texts = new Map([count, 4 * count].map((count) => [count, make(count)]))
    takesInProportion((count) => parse(texts.get(count) ?? ""), count)
  })
}
