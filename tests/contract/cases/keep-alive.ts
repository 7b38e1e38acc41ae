/** A client's connection serves call after call, whatever it sends and gets: a new one costs a client a round trip or two. */
import assert from "node:assert/strict"
import { Agent, request } from "node:http"
import { Readable } from "node:stream"
import { test } from "node:test"
import { chat, fault, type Harness, json } from "../harness.ts"

interface Sent {
  readonly path: string
  readonly body: string | undefined
  readonly chunked?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls, and tells the port of the client's own end, by which connections are told apart. */
const call = (
  base: string,
  agent: Agent,
  { path, body, chunked, headers }: Sent,
): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(`${base}/${path}`, {
      agent,
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...json,
        ...(body !== undefined && chunked !== true && { "content-length": Buffer.byteLength(body) }),
        ...headers,
      },
    }, (answer) => {
      const port = answer.socket.localPort
      answer.resume().on("end", () => resolve(port)).on("error", reject)
    })
    sent.on("error", reject)
    if (chunked === true && body !== undefined) Readable.from([body.slice(0, 50), body.slice(50)]).pipe(sent)
    else sent.end(body)
  })

export const keepAliveCases = (harness: Harness): void => {
  const sizes = [0, 400, 700, 5_000, 70_000, 1_000_000]
  const padded = (size: number, members: object = {}): string => chat({ ...members, user: "x".repeat(size) })
  const calls: Readonly<Record<string, (size: number) => Sent>> = {
    "plain answers": (size) => ({ path: "baseten/v1/chat/completions", body: padded(size) }),
    "streamed answers": (size) => ({
      path: "baseten/v1/chat/completions",
      body: padded(size, { stream: true }),
    }),
    "bodies sent in chunks": (size) => ({
      path: "baseten/v1/chat/completions",
      body: padded(size),
      chunked: true,
    }),
    "uploads that are handed on": (size) => ({
      path: "baseten/model/sink1234",
      body: padded(size),
      headers: { "content-type": "application/octet-stream" },
    }),
    "universal calls": (size) => ({
      path: "",
      body: JSON.stringify({
        provider: "baseten",
        endpoint: "v1/chat/completions",
        headers: { authorization: "Bearer sk-own" },
        query: JSON.parse(padded(size)),
      }),
    }),
    "Baseten's errors": (size) => ({
      path: "baseten/v1/chat/completions",
      body: padded(size),
      headers: fault({ status: 400, body: { error: "no" } }),
    }),
    "the gateway's refusals of read bodies": (size) => ({
      path: "compat/chat/completions",
      body: padded(size, { model: 1 }),
    }),
    "calls without a body": () => ({ path: "baseten/v1/models", body: undefined }),
  }
  for (const [what, sent] of Object.entries(calls)) {
    test(`a connection is kept after ${what}, large and small`, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const ports: Array<number | undefined> = []
      try {
        for (const size of sizes) ports.push(await call(harness.base, agent, sent(size)))
      } finally {
        agent.destroy()
      }
      assert.deepEqual(ports, ports.map(() => ports[0]))
    })
  }
}
