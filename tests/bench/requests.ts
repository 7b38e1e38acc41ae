/**
 * The requests of the bench.
 *
 * @module
 */
import type { Target } from "./client/jobs.ts"
import type { Running } from "./subjects.ts"

const content =
  "What is a gateway, and why would one put it between a client and a model? Answer in a sentence."
const chat = { model: "openai/gpt-oss-120b", messages: [{ role: "user", content }], max_tokens: 200 }

const post = (
  of: Pick<Running, "url" | "headers">,
  headers: Record<string, string>,
  body: object,
): Target => ({
  url: `${of.url}/v1/chat/completions`,
  headers: {
    authorization: "Bearer key",
    "content-type": "application/json",
    accept: "*/*",
    "user-agent": "basegate-bench",
    ...of.headers,
    ...headers,
  },
  body: JSON.stringify(body),
})

/** The upstream itself, asked without a proxy. */
export const direct = (url: string): Pick<Running, "url" | "headers"> => ({ url, headers: {} })

/** A chat completion. */
export const completion = (of: Pick<Running, "url" | "headers">): Target => post(of, {}, chat)

/** A chat completion as a stream of so many events and two last ones, `gap` milliseconds apart. */
export const stream = (of: Pick<Running, "url" | "headers">, events: number, gap: number): Target =>
  post(of, { "x-bench-events": `${events}`, "x-bench-gap-ms": `${gap}` }, { ...chat, stream: true })
