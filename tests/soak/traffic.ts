/**
 * What callers do to a gateway in a day, and what Baseten does to them: one of each kind after the other, or at random.
 *
 * @module
 */
import type { Random } from "../fuzz/random.ts"

/** One call, which has ended when it resolves. It never rejects: what goes wrong is meant to. */
export type Kind = (
  base: string,
  headers: Readonly<Record<string, string>>,
  random: Random,
) => Promise<unknown>

const model = "openai/gpt-oss-120b"
const chat = (members: object = {}): string =>
  JSON.stringify({
    model,
    messages: [{ role: "user", content: "Say something." }],
    max_tokens: 40,
    ...members,
  })
const faulty = (fault: object): Record<string, string> => ({ "x-simulator-fault": JSON.stringify(fault) })

const post =
  (path: string, body: string | (() => string), more: Record<string, string> = {}): Kind => (base, headers) =>
    fetch(`${base}${path}`, {
      method: "POST",
      headers: { ...headers, ...more },
      body: typeof body === "string" ? body : body(),
    }).then((response) => response.arrayBuffer())

/** Leaves after so many chunks of the answer. */
const leaves = (after: number): Kind => async (base, headers) => {
  const left = new AbortController()
  const response = await fetch(`${base}/baseten/v1/chat/completions`, {
    method: "POST",
    headers: { ...headers, ...faulty({ drip_ms: 5 }) },
    body: chat({ stream: true }),
    signal: left.signal,
  })
  const reader = response.body?.getReader()
  for (let chunk = 0; chunk < after; chunk++) await reader?.read()
  left.abort()
}

const streamed = chat({ stream: true })
const path = "/baseten/v1/chat/completions"
const messages = JSON.stringify({
  model,
  max_tokens: 20,
  messages: [{ role: "user", content: "x" }],
  stream: true,
})

/** Each makes one record. */
export const kinds: Readonly<Record<string, Kind>> = {
  "chat": post(path, chat()),
  "stream": post(path, streamed),
  "messages": post("/baseten/v1/messages", messages),
  "responses": post("/baseten/v1/responses", JSON.stringify({ model, input: "x", stream: true })),
  "compat": post("/compat/chat/completions", chat({ model: `baseten/${model}`, stream: true })),
  "a long upload": post(path, () => chat({ user: "u".repeat(300_000) })),
  "many small chunks": post(path, streamed, faulty({ split_bytes: 7 })),
  "a long stream": post(path, streamed, faulty({ events: 400 })),
  "a hit or a miss": post(path, chat({ seed: 1 }), { "cf-aig-cache-ttl": "60" }),
  "a refusal of Baseten": post(path, chat(), faulty({ status: 429 })),
  "tries": post(path, chat(), {
    ...faulty({ status: 503 }),
    "cf-aig-max-attempts": "2",
    "cf-aig-retry-delay": "1",
  }),
  "a stream that is cut": post(path, streamed, faulty({ cut_after: 3 })),
  "a reset": post(path, streamed, faulty({ reset: true, cut_after: 2 })),
  "no end mark": post(path, streamed, faulty({ no_done: true })),
  "an error in a stream": post(path, streamed, faulty({ error_event: true })),
  "a timeout": post(path, chat(), { ...faulty({ delay_ms: 400 }), "cf-aig-request-timeout": "60" }),
  "an answer that is too short": post(path, chat(), faulty({ short_content_length: true })),
  "a coded answer": post(path, chat(), faulty({ gzip: true })),
  "a body that is not JSON": post(path, "{"),
  "steps": post(
    "",
    JSON.stringify([
      { provider: "baseten", endpoint: "v1/chat/completions", headers: {}, query: { model: "none/such" } },
      {
        provider: "baseten",
        endpoint: "v1/chat/completions",
        headers: {},
        query: JSON.parse(chat()) as object,
      },
    ]),
  ),
  "leaves before the first chunk": leaves(0),
  "leaves amid a stream": leaves(2),
}
