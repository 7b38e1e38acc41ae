/** A provider that says whatever it is told, and everything it should not know either. */
import * as Layer from "effect/Layer"
import fc from "fast-check"
import { Transport } from "../../mod.ts"
import type { UpstreamRequest } from "../../lib/upstream/Transport.ts"

/** How an answer comes: its form, what becomes of it, and the sizes in which it is cut. */
export const answer = fc.record({
  kind: fc.constantFrom(
    "json",
    "json",
    "sse",
    "pieces",
    "pieces",
    "lines",
    "error",
    "refused",
    "thrown",
    "silent",
  ),
  end: fc.constantFrom("whole", "whole", "whole", "cut", "stalled"),
  // Not 529, whose retries wait for seconds.
  status: fc.constantFrom(400, 401, 404, 429, 500, 503),
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
  inHeaders: fc.boolean(),
})
/** One answer. */
export type Answer = typeof answer extends fc.Arbitrary<infer A> ? A : never

/** A text in parts of these sizes, again and again. */
const parts = (text: string, sizes: ReadonlyArray<number>): ReadonlyArray<string> => {
  const all: Array<string> = []
  for (let at = 0, index = 0; at < text.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    all.push(text.slice(at, at + size))
    at += size
  }
  return all
}

const event = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

const textOf = ({ kind, sizes }: Answer, echo: string): string => {
  switch (kind) {
    case "sse":
      return `${event(echo)}data: [DONE]\n\n`
    case "pieces":
      return `${parts(echo, sizes).map(event).join("")}data: [DONE]\n\n`
    case "lines":
      return parts(echo, sizes).map((token) => `${JSON.stringify({ token })}\n`).join("")
    case "error":
      return JSON.stringify({ error: `I know ${echo}` })
    default:
      return JSON.stringify({ choices: [{ message: { role: "assistant", content: echo } }], echo: [echo] })
  }
}

const bodyOf = (
  text: string,
  { kind, end, sizes }: Answer,
  signal: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> => {
  // Chunks that cut everything, but not so many that the test takes for ever.
  const chunks = parts(text, sizes.map((size) => size * 37))
  const shown = end === "whole" ? chunks : chunks.slice(0, chunks.length / 2)
  let next = 0
  return new ReadableStream({
    pull: (controller) => {
      const chunk = shown[next++]
      if (chunk !== undefined) return controller.enqueue(new TextEncoder().encode(chunk))
      if (end === "whole") return controller.close()
      if (end === "cut" || kind === "error") return controller.error(new Error(`cut in ${text}`))
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          controller.error(new Error(`aborted in ${text}`))
          resolve()
        }, { once: true })
      )
    },
  }, { highWaterMark: 0 })
}

const answered = async (
  { url, headers, body }: UpstreamRequest,
  signal: AbortSignal,
  given: Answer,
  secrets: ReadonlyArray<string>,
): Promise<Response> => {
  const told = body === null ? "" : await new Response(body).text()
  const list = JSON.stringify([...headers])
  if (given.kind === "refused") throw new Error(`no connection to ${url} with ${list}`)
  if (given.kind === "silent") {
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error(list)), { once: true })
    )
  }
  const echo = JSON.stringify({ url, headers: [...headers], told, secrets })
  const key = headers.get("authorization") ?? ""
  const type = given.kind === "sse" || given.kind === "pieces" ? "text/event-stream" : "application/json"
  return new Response(bodyOf(textOf(given, echo), given, signal), {
    status: given.kind === "error" ? given.status : 200,
    headers: {
      "content-type": given.inHeaders ? `${type}; key=${key}` : type,
      ...(given.inHeaders && { "x-baseten-request-id": key, "x-echo": list }),
    },
  })
}

/**
 * The transport to that provider.
 *
 * @param secrets what it says beside what it is told
 * @param next the next answer
 */
export const layerEchoing = (secrets: ReadonlyArray<string>, next: () => Answer): Layer.Layer<Transport> =>
  Layer.succeed(Transport, {
    decodes: new Set<string>(),
    send: (request, { signal }) => {
      const list = JSON.stringify([...request.headers])
      // The gateway's own call for the list of prices.
      if (!request.headers.has("x-basegate-hop")) return Promise.resolve(Response.json({ error: list }))
      const given = next()
      // A defect: what it tells must not be told on.
      if (given.kind === "thrown") throw new Error(`somebody@somewhere with ${list}\n  at ${list}`)
      return answered(request, signal(), given, secrets)
    },
  })
