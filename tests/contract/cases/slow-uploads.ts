/** Clients that send slowly, or no more: they hold neither a connection nor memory for long. */
import assert from "node:assert/strict"
import { connect } from "node:net"
import { test } from "node:test"
import { chat, type Configured, eventually, type Harness } from "../harness.ts"
import { statusOf } from "../raw.ts"

/** What these cases need configured. */
export const slowUploadEntries = (): Configured => ({
  entries: {
    "upload-hasty": { request_idle_timeout: 400 },
    "upload-patient": { request_idle_timeout: 4000 },
  },
})

/** Sends parts of a request, so many milliseconds apart, and then nothing; tells what was answered. */
const send = (url: string, parts: ReadonlyArray<string>, pause: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    let text = ""
    const socket = connect(Number(port), hostname, async () => {
      for (const part of parts) {
        if (socket.destroyed) break
        socket.write(part, "latin1")
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    })
    const done = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(15_000, () => socket.destroy(new Error(`no answer, but ${text}`)))
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part
      // All of a refusal is in its last brace, all of an answer in its own.
      if (/\r\n\r\n[^]*\}\s*(?:0\s*)?$/.test(text)) done()
    })
    socket.on("end", done).on("error", reject)
  })

export const slowUploadCases = (harness: Harness): void => {
  const head = (path: string, framing: string, type = "application/json"): string =>
    `POST /v1/account/${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n` +
    `Authorization: Bearer sk-own\r\n${framing}\r\n\r\n`
  const binary = "application/octet-stream"
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

  const stalled: ReadonlyArray<
    readonly [what: string, path: string, framing: string, type: string, sent: string]
  > = [
    ["a small body", "baseten/v1/chat/completions", "Content-Length: 500", "application/json", '{"model":'],
    ["a body of which nothing comes", "baseten/v1/messages", "Content-Length: 500", "application/json", ""],
    [
      "a large body",
      "baseten/v1/responses",
      "Content-Length: 500000",
      "application/json",
      "x".repeat(100_000),
    ],
    [
      "a body in chunks",
      "baseten/v1/completions",
      "Transfer-Encoding: chunked",
      "application/json",
      chunk("{"),
    ],
    ["a compat body", "compat/chat/completions", "Content-Length: 500", "application/json", "{"],
    ["a universal body", "", "Content-Length: 500", "application/json", "[{"],
    [
      "a body that is handed on",
      "baseten/model/sink1234",
      "Content-Length: 500000",
      binary,
      "x".repeat(9000),
    ],
    [
      "a handed-on body in chunks",
      "baseten/model/sink1234",
      "Transfer-Encoding: chunked",
      binary,
      chunk("abc"),
    ],
  ]
  for (const [what, path, framing, type, sent] of stalled) {
    test(`${what} that stalls is 408`, async () => {
      const url = harness.configured.url
      const answer = await send(url, [head(`upload-hasty/${path}`, framing, type) + sent], 0)
      assert.equal(statusOf(answer), 408, answer.slice(0, 400))
      assert.match(answer, /"internalCode":9408/)
      assert.ok(
        harness.simulator.requests().every(({ outcome, path, body_bytes }) =>
          path !== "/_model/sink1234/production/predict" || outcome !== "completed" || body_bytes !== 9000
        ),
      )
    })
  }

  test("slow uploads may take long, as long as bytes keep coming", async () => {
    const body = chat({ user: "x".repeat(70_000) })
    const size = Math.ceil(body.length / 8)
    const pieces = (of: string, size: number) =>
      Array.from({ length: Math.ceil(of.length / size) }, (_, at) => of.slice(at * size, (at + 1) * size))
    const latin = Buffer.from(body, "utf8").toString("latin1")
    const ways = [
      [
        head("upload-hasty/baseten/v1/chat/completions", `Content-Length: ${latin.length}`),
        ...pieces(latin, size),
      ],
      [
        head("upload-hasty/baseten/v1/chat/completions", "Transfer-Encoding: chunked"),
        ...pieces(latin, size).map(chunk),
        "0\r\n\r\n",
      ],
      [
        head("upload-hasty/baseten/model/sink1234", `Content-Length: ${latin.length}`, binary),
        ...pieces(latin, size),
      ],
    ]
    const answers = await Promise.all(ways.map((parts) => send(harness.configured.url, parts, 150)))
    assert.deepEqual(answers.map(statusOf), [200, 200, 200])
  })

  test("a provider that breaks off within an upload is not mistaken for a client that leaves", async () => {
    for (const type of [binary, "application/json"]) {
      const id = harness.nextCase()
      const parts = Array.from({ length: 30 }, () => "x".repeat(100_000))
      const faults =
        `x-simulator-fault: {"early":true,"reset":true}\r\ncf-aig-event-id: ${id}\r\nContent-Length: 3000000`
      const answer = await send(harness.configured.url, [
        head("upload-hasty/baseten/model/sink1234", faults, type),
        ...parts,
      ], 30)
      assert.equal(statusOf(answer), 502, answer.slice(0, 300))
      const record = () => harness.configured.records().find(({ event_id }) => event_id === id)
      await eventually("there is a record", () => record() !== undefined)
      assert.deepEqual([record()?.["ending"], record()?.["error"]], ["upstream_cut", "provider_failed"])
    }
  })

  test("an upload in chunks may end with trailers", async () => {
    const sent =
      head("upload-hasty/baseten/v1/chat/completions", "Transfer-Encoding: chunked\r\nTrailer: x-sum") +
      chunk('{"model":"openai/gpt-oss-120b","messages":[{"role":"user","content":"hi"}]}') +
      "0\r\nx-sum: 1\r\n\r\n"
    const status = statusOf(await send(harness.configured.url, [sent], 0))
    assert.equal(status, harness.flags.takesTrailers ? 200 : 400)
  })

  test("stalled uploads stay within the memory limit, and others are served", async () => {
    const url = harness.configured.url
    const half = "x".repeat(7_900_000)
    const count = harness.runtime === "workerd" ? 4 : 20
    const parts = [head("upload-patient/baseten/v1/chat/completions", "Content-Length: 8000000") + half]
    const statuses: Array<number> = []
    const all = Array.from({ length: count }, async () => {
      statuses.push(statusOf(await send(url, parts, 0).catch(() => "HTTP/1.1 503")))
    })
    await Promise.all(all)
    const response = await fetch(`${harness.entry("upload-patient")}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
      body: chat(),
    })
    await response.text()
    assert.equal(response.status, 200)
    assert.deepEqual([...new Set(statuses)].sort(), [408, 503])
  })
}
