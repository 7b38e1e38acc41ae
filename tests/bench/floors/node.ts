/**
 * The least that a proxy on Node can do: `node:http` on both sides, another URL, the rest passed on as it is. Headers
 * stay the flat lists that the parser makes, no URL is parsed, and nothing waits but for a reader that is slow.
 *
 * @module
 */
import { Agent, createServer, request } from "node:http"
import process from "node:process"

const { BASETEN_INFERENCE_URL: upstream = "", PORT } = process.env
const { hostname: host, port } = new URL(upstream)
const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024 })

createServer({ keepAliveTimeout: 75_000 }, (incoming, answer) => {
  const { method, rawHeaders: headers, url = "" } = incoming
  const path = url.slice(url.indexOf("/baseten/") + "/baseten".length)
  const outgoing = request({ agent, host, port, method, path, headers })
  outgoing.on("response", (response) => {
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders)
    response.on("data", (bytes) => {
      if (answer.write(bytes)) return
      response.pause()
      answer.once("drain", () => response.resume())
    })
    response.on("end", () => answer.end())
  })
  outgoing.on("error", () => answer.destroy())
  answer.on("close", () => answer.writableFinished || outgoing.destroy())
  incoming.on("data", (bytes) => outgoing.write(bytes))
  incoming.on("end", () => outgoing.end())
}).listen(Number(PORT), "127.0.0.1")
