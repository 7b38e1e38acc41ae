/**
 * The least that a proxy on Node can do: `node:http` on both sides, another URL, the rest piped.
 *
 * @module
 */
import { Agent, createServer, request } from "node:http"
import process from "node:process"

const { BASETEN_INFERENCE_URL: upstream = "", PORT } = process.env
const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024 })

createServer({ keepAliveTimeout: 75_000 }, (incoming, answer) => {
  const { method, headers, url = "" } = incoming
  const path = url.slice(url.indexOf("/baseten/") + "/baseten".length)
  const outgoing = request(upstream + path, { agent, method, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers)
    response.pipe(answer)
  })
  outgoing.on("error", () => answer.destroy())
  answer.once("close", () => answer.writableFinished || outgoing.destroy())
  incoming.pipe(outgoing)
}).listen(Number(PORT), "127.0.0.1")
