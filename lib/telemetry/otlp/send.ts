/**
 * Sends one request to the collector, with retries (opentelemetry-proto 1.x, "OTLP/HTTP").
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { OtlpEndpoint } from "../../config/otel-settings.ts"
import { retryAfterOf } from "../../headers/read-retry-after.ts"
import { monotonicBy } from "../../time/monotonic.ts"
import { rejectedIn } from "./protobuf.ts"
import { product } from "../../version.ts"

/** The runtime's `fetch`, or a test's. */
export type PostExport = (url: string, init: RequestInit) => Promise<Response>

/** The result of an export: how many items the collector rejected, and why, in words. */
export interface ExportResult {
  readonly rejected: number
  readonly problem: string | undefined
}

const taken: ExportResult = { rejected: 0, problem: undefined }

/** The statuses that may be temporary; after all others a retry would fail again. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** The first wait in milliseconds, which doubles each time. */
const firstWait = 1_000

/** `rejectedSpans`, `rejectedDataPoints` or `rejectedLogRecords` of a partial success, which is not to be sent again. */
const rejectedOf = (answer: string): number => Number(/"rejected\w+"\s*:\s*"?(\d+)/.exec(answer)?.[1] ?? 0)

/** A request's body, as its endpoint takes it. */
export type ExportBody = string | Uint8Array<ArrayBuffer>

const compressed = async (body: ExportBody): Promise<Uint8Array<ArrayBuffer>> => {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  /** The number of items that it says it rejected. */
  readonly rejected: number
}

const ask = async (
  { url, headers, protobuf = false, gzip = false }: OtlpEndpoint,
  body: ExportBody,
  post: PostExport,
  signal: AbortSignal,
): Promise<Answer> => {
  const response = await post(url, {
    method: "POST",
    headers: [
      ["content-type", protobuf ? "application/x-protobuf" : "application/json"],
      ...(gzip ? [["content-encoding", "gzip"] satisfies [string, string]] : []),
      ["user-agent", `OTel-OTLP-Exporter-${product.name}/${product.version}`],
      ...headers.map(([name, value]): [string, string] => [name, Redacted.value(value)]),
    ],
    body,
    signal,
    // The headers may contain a key, which is for this collector alone.
    redirect: "manual",
  })
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    rejected: protobuf
      ? rejectedIn(new Uint8Array(await response.arrayBuffer()))
      : rejectedOf(await response.text()),
  }
}

/** The collector's answer; `undefined` if none came in time. */
const answerOf = (
  endpoint: OtlpEndpoint,
  body: ExportBody,
  post: PostExport,
): Effect.Effect<Answer | undefined> =>
  Effect.promise((signal) => ask(endpoint, body, post, signal).catch(() => undefined)).pipe(
    Effect.timeoutOrElse({ duration: endpoint.timeout, orElse: () => Effect.succeed(undefined) }),
  )

/**
 * Sends a body, and retries for `patience` milliseconds if the collector cannot be reached or asks for it.
 *
 * @param patience read before each wait, since it may have shrunk
 */
export const sendExport: (
  endpoint: OtlpEndpoint,
  body: ExportBody,
  post: PostExport,
  patience: () => number,
) => Effect.Effect<ExportResult> = Effect.fnUntraced(function* (endpoint, plain, post, patience) {
  const body = endpoint.gzip === true ? yield* Effect.promise(() => compressed(plain)) : plain
  const { host } = new URL(endpoint.url)
  const clock = yield* Clock.Clock
  const began = monotonicBy(clock)
  for (let wait = firstWait;; wait *= 2) {
    const answer = yield* answerOf(endpoint, body, post)
    if (answer !== undefined && answer.status >= 200 && answer.status < 300) {
      const { rejected } = answer
      return rejected === 0 ? taken : { rejected, problem: `${host} refused a part` }
    }
    const problem = answer === undefined ? `no answer from ${host}` : `${host} answered ${answer.status}`
    // Jitter, so that not all gateways retry at once when a collector comes back.
    const pause = retryAfterOf(answer?.retryAfter ?? "", clock.currentTimeMillisUnsafe()) ??
      wait * (0.5 + Math.random())
    if (
      (answer !== undefined && !passing.has(answer.status)) || monotonicBy(clock) + pause - began > patience()
    ) {
      return { rejected: Infinity, problem }
    }
    yield* Effect.sleep(pause)
  }
})
