/**
 * The upstream stand-in, a process of its own on Bun, whose server costs least of the four: it answers a chat
 * completion at once, streams one in as many events as asked, or sends bytes.
 *
 * It prints the port it listens on.
 *
 * @module
 */

/** As much of Bun's API as is used here. */
interface DirectController {
  readonly write: (text: string) => void
  readonly flush: () => void
  readonly close: () => void
}
declare const Bun: {
  readonly serve: (options: {
    readonly hostname: string
    readonly port: number
    readonly idleTimeout: number
    readonly development: boolean
    readonly fetch: (request: Request) => Response | Promise<Response>
  }) => { readonly port: number }
  readonly sleep: (milliseconds: number) => Promise<void>
}

const usage = { prompt_tokens: 24, completion_tokens: 96, total_tokens: 120 }
const common = { id: "chatcmpl-7f3c", created: 1_790_000_000, model: "openai/gpt-oss-120b" }

const completion = JSON.stringify({
  ...common,
  object: "chat.completion",
  choices: [{
    index: 0,
    message: {
      role: "assistant",
      content: "A gateway stands between a client and what it calls. ".repeat(7),
    },
    finish_reason: "stop",
  }],
  usage,
})

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${
    JSON.stringify({
      ...common,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: finish }],
    })
  }\n\n`

const token = chunk({ content: " gateway" })
const opening = chunk({ role: "assistant", content: "" })
const closing = `${chunk({}, "stop")}data: ${
  JSON.stringify({ ...common, object: "chat.completion.chunk", choices: [], usage })
}\n\ndata: [DONE]\n\n`

/** Streams that are being sent, and to readers who are there. */
const open = new Set<object>()
/** Streams that were begun. */
let begun = 0

const events = (count: number, gap: number, left: AbortSignal): Response => {
  const pull = async (controller: DirectController): Promise<void> => {
    const stream = {}
    open.add(stream)
    left.addEventListener("abort", () => open.delete(stream))
    // Streams that begin together are spread out: a proxy that is woken for many at once would look cheaper than it is.
    const offset = begun++ % Math.max(1, gap)
    for (let sent = 0; sent < count && !left.aborted; sent++) {
      if (sent > 0 && gap > 0) await Bun.sleep(sent === 1 ? gap + offset : gap)
      controller.write(sent === 0 ? opening : token)
      controller.flush()
    }
    controller.write(closing)
    controller.close()
    open.delete(stream)
  }
  // "direct" is Bun's own kind of source: what it writes goes to the socket without a queue between.
  const source = { type: "direct", pull } as unknown as UnderlyingDefaultSource<Uint8Array>
  return new Response(new ReadableStream(source), { headers: { "content-type": "text/event-stream" } })
}

/** A body whose parts are made as they are read. */
const pulled = (next: () => Uint8Array | undefined, type: string): Response => {
  const stream = {}
  open.add(stream)
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull: (controller) => {
      const part = next()
      if (part !== undefined) return controller.enqueue(part)
      open.delete(stream)
      controller.close()
    },
    cancel: () => void open.delete(stream),
  }
  return new Response(new ReadableStream(source, { highWaterMark: 0 }), { headers: { "content-type": type } })
}

const block = new Uint8Array(65_536)

const bytes = (count: number): Response => {
  let left = count
  return pulled(() => {
    const next = block.subarray(0, left)
    left -= next.length
    return next.length === 0 ? undefined : next
  }, "application/octet-stream")
}

const encoder = new TextEncoder()
const end = encoder.encode(closing)

/** As fast as they are read, `batch` events in a write. */
const bursts = (count: number, batch: number): Response => {
  const tokens = encoder.encode(token.repeat(batch))
  let left = count
  let ended = false
  return pulled(() => {
    if (left > 0) {
      left -= batch
      return tokens
    }
    if (ended) return undefined
    ended = true
    return end
  }, "text/event-stream")
}

const json = { headers: { "content-type": "application/json" } }

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  development: false,
  fetch: async (request) => {
    const asked = (name: string): number => Number(request.headers.get(`x-bench-${name}`) ?? 0)
    if (request.method === "GET") return Response.json({ open: open.size })
    // A provider reads the request before it answers.
    const body = await request.text()
    if (body === "") return new Response("no body", { status: 400 })
    if (asked("bytes") > 0) return bytes(asked("bytes"))
    const count = asked("events")
    if (count === 0) return new Response(completion, json)
    return asked("batch") > 1 ? bursts(count, asked("batch")) : events(count, asked("gap-ms"), request.signal)
  },
})
console.log(server.port)
