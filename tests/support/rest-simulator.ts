/**
 * Redis over HTTP as Upstash documents it, in front of a real Redis: one command a request, posted as a JSON array with a
 * bearer token; `{"result"}` with 200, `{"error"}` with 400, or 401 for a wrong token; no more than 10 MB a request.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { RedisLink, Reply } from "../../lib/store/redis/redis-link.ts"

/** The service, and what is to go wrong with it. */
export interface RestSimulator {
  readonly url: string
  readonly token: string
  /** How many commands have arrived, by their names. */
  readonly commands: Map<string, number>
  /** What answers instead of Redis, while set. */
  fault: { readonly status: number; readonly body: string } | "silence" | undefined
  readonly close: () => Promise<void>
}

const largest = 10_000_000
const known = ["PING", "EVAL", "EVALSHA", "GET", "SET", "DEL"]

/** @param link to the Redis behind it */
export const startRestSimulator = async (link: RedisLink): Promise<RestSimulator> => {
  const token = `rest-${crypto.randomUUID()}`
  const commands = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object | string): void => {
      response.writeHead(status, { "content-type": "application/json" })
      response.end(typeof body === "string" ? body : JSON.stringify(body))
    }
    const chunks: Array<Uint8Array> = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const body = Buffer.concat(chunks)
    const { fault } = simulator
    if (fault === "silence") return
    if (fault !== undefined) return answer(fault.status, fault.body)
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: "Unauthorized" })
    if (request.method !== "POST" || request.url !== "/") {
      return answer(404, { error: "ERR Command is not available" })
    }
    if (body.byteLength > largest) return answer(413, { error: "ERR max request size exceeded" })
    try {
      const command = JSON.parse(body.toString()) as unknown
      const isList = Array.isArray(command) && command.length > 0 &&
        command.every((part) => typeof part === "string" || typeof part === "number")
      if (!isList) return answer(400, { error: "ERR failed to parse command" })
      const name = String(command[0]).toUpperCase()
      commands.set(name, (commands.get(name) ?? 0) + 1)
      if (!known.includes(name)) return answer(400, { error: "ERR Command is not available" })
      if (/^#!lua|replicate_commands/.test(String(command[1]))) {
        return answer(400, { error: "ERR script uses what the service does not take" })
      }
      const result: Reply = await link.send(command.map(String), "")
      answer(200, { result })
    } catch (cause) {
      answer(400, { error: cause instanceof Error ? cause.message : "ERR" })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const simulator: RestSimulator = {
    url: `http://127.0.0.1:${port}`,
    token,
    commands,
    fault: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        link.close()
      }),
  }
  return simulator
}
