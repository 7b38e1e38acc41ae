/**
 * Raw bytes on a connection to a gateway that runs: each is answered or closed, and the gateway goes on.
 *
 * @module
 */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { connect } from "node:net"
import { mutate } from "./mutate.ts"
import { chunksOf, randomOf } from "./random.ts"

const body = '{"model":"openai/gpt-oss-120b","messages":[{"role":"user","content":"x"}],"max_tokens":3}'
const path = "/v1/account/gateway/baseten/v1/chat/completions"
const head = "Host: gate.example\r\nAuthorization: Bearer sk-own\r\nContent-Type: application/json\r\n"
const corpus: ReadonlyArray<string> = [
  "GET /livez HTTP/1.1\r\nHost: gate.example\r\n\r\n",
  `POST ${path} HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`,
  `POST ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n${
    body.length.toString(16)
  }\r\n${body}\r\n0\r\n\r\n`,
  `POST ${path} HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n${body}`,
  "GET /v1/account/gateway HTTP/1.1\r\nHost: gate.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x80\x00\x00\x00\x00",
]
const words: ReadonlyArray<string> = [
  ...[
    "\r\n",
    "\r\n\r\n",
    " HTTP/1.0",
    " HTTP/2",
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "0\r\n\r\n",
  ],
  ...[
    "Transfer-Encoding: chunked\r\n",
    "Host: x\r\n",
    "ffffffffffffffff\r\n",
    "/../",
    "GET ",
    "OPTIONS ",
    ": ",
    "cf-aig-",
  ],
]

/** How long a connection that sends no more may stay open without an answer. In milliseconds. */
const longest = 15_000

/** What the gateway says to some bytes, after which nothing follows. */
const exchange = (port: number, chunks: ReadonlyArray<Uint8Array>): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ""
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    const late = setTimeout(() => {
      socket.destroy()
      if (said === "") reject(new Error("neither answered nor closed"))
      else resolve(said)
    }, longest)
    const end = () => {
      clearTimeout(late)
      socket.destroy()
      resolve(said)
    }
    socket.on("data", (data) => said += data.toString("latin1"))
    // A connection that is reset has ended as well.
    for (const event of ["end", "close", "error"]) socket.on(event, end)
    for (const chunk of chunks) socket.write(chunk)
    socket.end()
  })

/**
 * Sends many inputs, some at a time.
 *
 * @throws with the input in base64 if a gateway neither answers nor closes, or says what is not HTTP
 */
export const fuzzHttp = async (url: string, seed: number, inputs: number): Promise<void> => {
  const port = Number(new URL(url).port)
  let next = 0
  const sends = async (): Promise<void> => {
    while (next < inputs) {
      const random = randomOf((seed + next++) >>> 0)
      const input = mutate(Buffer.from(random.pick(corpus), "latin1"), words, random)
      const of = `of ${Buffer.from(input).toString("base64")}`
      const said = await exchange(port, chunksOf(input, random)).catch((error: Error) => {
        throw new Error(`${error.message}: ${of}`)
      })
      assert.match(said, /^(HTTP\/1\.[01] \d{3} |$)/, of)
    }
  }
  await Promise.all(Array.from({ length: 20 }, sends))
  assert.equal((await fetch(`${url}/livez`)).status, 200, "the gateway goes on")
}
