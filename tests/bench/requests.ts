/**
 * The requests of the bench.
 *
 * @module
 */
import type { Target } from "./client/jobs.ts"
import type { Running } from "./subjects.ts"

/** Where requests go: a proxy, or the upstream itself. */
export type Asked = Pick<Running, "url" | "headers">

const content =
  "What is a gateway, and why would one put it between a client and a model? Answer in a sentence."
const chat = { model: "openai/gpt-oss-120b", messages: [{ role: "user", content }], max_tokens: 200 }

const post = (of: Asked, path: string, headers: Record<string, string>, body: object): Target => ({
  url: of.url + path,
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
export const direct = (url: string): Asked => ({ url, headers: {} })

/** A chat completion. */
export const completion = (of: Asked): Target => post(of, "/v1/chat/completions", {}, chat)

/**
 * A chat completion as a stream of so many events, `gap` milliseconds apart, and its last ones at once.
 *
 * @param batch how many events the upstream writes at a time; more than one as fast as they are read, without a gap
 */
export const stream = (of: Asked, events: number, gap: number, batch = 1): Target =>
  post(
    of,
    "/v1/chat/completions",
    { "x-bench-events": `${events}`, "x-bench-gap-ms": `${gap}`, "x-bench-batch": `${batch}` },
    { ...chat, stream: true },
  )

/** An answer of so many bytes, on a path that no proxy knows more of. */
export const download = (of: Asked, bytes: number): Target =>
  post(of, "/v1/generate", { "x-bench-bytes": `${bytes}` }, { prompt: content })
