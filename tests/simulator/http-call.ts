/**
 * A call to the simulator, received chunk by chunk: what `fetch` hides is what these tests look at.
 *
 * @module
 */
import { Buffer } from "node:buffer"
import { type IncomingHttpHeaders, request as send } from "node:http"

/** What came back. */
export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Header names as sent, lower-cased, repeated where they were repeated. */
  readonly headerNames: ReadonlyArray<string>
  readonly chunks: ReadonlyArray<Buffer>
  readonly text: string
  /** Whether the message came to its proper end. */
  readonly whole: boolean
}

/** What to send, and when to leave early. */
export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly fault?: object
  /** Asked when the head has come and after each chunk; the caller leaves once it is true. */
  readonly leaveWhen?: (chunks: ReadonlyArray<Buffer>) => boolean
}

/**
 * Sends one request with the key `sk-own` on a connection of its own, JSON where there is a body. Rejects if no
 * response head comes within two seconds.
 */
export const call = (url: string, options: Call = {}): Promise<Received> =>
  new Promise((resolve, reject) => {
    const { method = options.body === undefined ? "GET" : "POST", fault, leaveWhen } = options
    const headers = {
      authorization: "Bearer sk-own",
      ...(options.body !== undefined && { "content-type": "application/json" }),
      ...(fault !== undefined && { "x-simulator-fault": JSON.stringify(fault) }),
      ...options.headers,
    }
    const request = send(url, { method, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      const look = () => {
        if (leaveWhen?.(chunks) === true) request.destroy()
      }
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk)
        look()
      })
      // A response that breaks off is reported by `whole`, not by an error.
      response.on("error", () => undefined)
      response.on("close", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          headerNames: response.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()),
          chunks,
          text: Buffer.concat(chunks).toString("utf8"),
          whole: response.complete,
        }))
      look()
    })
    // A fault that hangs where it should not fails its own test, not the whole run.
    request.setTimeout(2000, () => request.destroy(new Error("two seconds of silence")))
    request.on("error", reject)
    request.end(options.body)
  })

/** The parsed body of a JSON answer. Its shape is what the tests look into, so it has no type of its own. */
export const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

/** The payloads of an event stream but `[DONE]`, parsed. Fails on what is not framed as Baseten frames it. */
export const payloads = (text: string): Array<Record<string, unknown>> =>
  text.split("\n\n").slice(0, -1).flatMap((event) => {
    const data = event.split("\n").at(-1) ?? ""
    if (!data.startsWith("data: ")) throw new Error(`not an event: ${event}`)
    return data === "data: [DONE]" ? [] : [parsed(data.slice("data: ".length))]
  })

/** Waits, half a second at most, for what the simulator is about to record. */
export const eventually = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 100 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 5))
  if (!holds()) throw new Error(`did not come to hold: ${holds}`)
}
