/**
 * Headers, errors, metadata, the log's API and WebSockets.
 *
 * @module
 */
import { Buffer } from "node:buffer"
import { randomBytes } from "node:crypto"
import { request as send } from "node:http"
import { request as sendSecurely } from "node:https"
import { type Area, chat, equal, holds, Skipped, type Wire } from "./check.ts"

/** `cf-aig-*`. */
export const headers: Area = {
  name: "headers",
  checks: [
    {
      name: "an answer names its log entry, event and step",
      run: async (wire) => {
        const { headers } = await wire.post("/baseten/v1/chat/completions", chat())
        for (const name of ["cf-aig-log-id", "cf-aig-event-id", "cf-aig-step"]) {
          holds(headers.get(name), `there is no ${name}`)
        }
      },
    },
    {
      name: "cf-aig-event-id is the caller's, if it sends one",
      run: async (wire) => {
        const event = { "cf-aig-event-id": "conform-event" }
        const { headers } = await wire.post("/baseten/v1/chat/completions", chat(), event)
        equal("cf-aig-event-id", headers.get("cf-aig-event-id"), "conform-event")
      },
    },
    {
      name: "neither cf-aig-* headers nor where the caller is go up, other headers do",
      run: async (wire) => {
        const sent = {
          "cf-aig-metadata": '{"a":1}',
          "x-forwarded-for": "10.1.1.1",
          "x-own": "kept",
          cookie: "a=b",
        }
        const [request] = await wire.reached(() => wire.post("/baseten/v1/chat/completions", chat(), sent))
        const up = request?.headers ?? {}
        const stray = Object.keys(up).filter((name) => /^cf-aig-|^cookie$|^x-forwarded-for$/.test(name))
        equal("headers that must not go up", stray, [])
        equal("x-own", up["x-own"], "kept")
        holds(/^(?:Bearer|Api-Key) /.test(up.authorization ?? ""), "there is no key")
      },
    },
    {
      name: "a malformed cf-aig-* value is 400",
      run: async (wire) => {
        const bad = { "cf-aig-request-timeout": "soon" }
        equal("the status", (await wire.post("/baseten/v1/chat/completions", chat(), bad)).status, 400)
      },
    },
  ],
}

interface AigError {
  readonly success: boolean
  readonly error: ReadonlyArray<{ readonly code: number; readonly message: string }>
  readonly name: string
  readonly internalCode: number
}

/** What the gateway says for itself, and what it hands on. */
export const errors: Area = {
  name: "errors",
  checks: [
    {
      name: "an unknown provider is 400, code 2008, in Cloudflare's form",
      run: async (wire) => {
        const response = await wire.post("/nobody/v1/chat/completions", chat())
        equal("the status", response.status, 400)
        const { success, error, name, internalCode } = await response.json() as AigError
        equal("the form", [success, Array.isArray(error), name, internalCode], [
          false,
          true,
          "AiGatewayError",
          2008,
        ])
      },
    },
    {
      name: "an unknown path is 404, a wrong method 405 with Allow",
      run: async (wire) => {
        equal("the status", (await wire.post("/baseten/no/such/path", chat())).status, 404)
        const { status, headers } = await wire.get("/baseten/v1/chat/completions")
        equal("the status and Allow", [status, headers.get("allow")?.includes("POST")], [405, true])
      },
    },
    {
      name: "an error of Baseten's comes as it is",
      run: async (wire) => {
        await wire.failing({ status: 529, body: { error: "no capacity" }, headers: { "retry-after": "3" } })
        const response = await wire.post("/baseten/v1/chat/completions", chat())
        equal("the answer", [response.status, response.headers.get("retry-after"), await response.text()], [
          529,
          "3",
          '{"error":"no capacity"}',
        ])
      },
    },
    {
      name: "a connection that breaks before the answer is code 2005",
      run: async (wire) => {
        await wire.failing({ reset: true }, { reset: true })
        const response = await wire.post("/baseten/v1/chat/completions", chat())
        const { internalCode } = await response.json() as AigError
        await fetch(`${wire.subject.upstream.url}/_simulator/faults`, { method: "DELETE" })
        equal("the code", internalCode, 2005)
        holds(response.status === 400 || response.status === 502, `the status is ${response.status}`)
      },
    },
  ],
}

/** The log, as `…/ai-gateway/gateways/{gateway}/logs` shows it. */
export const log: Area = {
  name: "log API",
  checks: [
    {
      name: "a call has an entry, with its metadata and what Cloudflare's fields say",
      run: async (wire) => {
        const { adminToken, url, account, gateway } = wire.subject
        if (adminToken === undefined) throw new Skipped("--admin-token gives none")
        const metadata = { "cf-aig-metadata": '{"conform":"yes"}' }
        const response = await wire.post("/baseten/v1/chat/completions", chat(), metadata)
        const id = response.headers.get("cf-aig-log-id")
        await response.text()
        const path = `${url}/client/v4/accounts/${account}/ai-gateway/gateways/${gateway}/logs/${id}`
        const read = () => wire.get(path, { authorization: `Bearer ${adminToken}` })
        let entry = await read()
        for (let tries = 0; entry.status === 404 && tries < 50; tries++) {
          await new Promise((resolve) => setTimeout(resolve, 100))
          entry = await read()
        }
        equal("the status", entry.status, 200)
        const { result } = await entry.json() as { result: Record<string, unknown> }
        equal("provider, success, status_code", [
          result["provider"],
          result["success"],
          result["status_code"],
        ], [
          "baseten",
          true,
          200,
        ])
        equal("metadata", result["metadata"], { conform: "yes" })
        holds(Number(result["tokens_in"]) > 0 && Number(result["tokens_out"]) > 0, "there are no tokens")
      },
    },
  ],
}

interface Opened {
  readonly status: number
  /** The text of the first frame. */
  readonly text: string | undefined
}

/** A handshake by hand, one text sent and one awaited. */
const open = (wire: Wire, path: string, text: string, headers: Record<string, string>): Promise<Opened> =>
  new Promise((resolve, reject) => {
    const url = new URL(wire.urlOf(path))
    const request = (url.protocol === "https:" ? sendSecurely : send)(url, {
      headers: {
        ...headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
      },
      timeout: 10_000,
    })
    request.on("timeout", () => request.destroy(new Error("nothing comes")))
    request.on("error", reject)
    request.on("response", (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0, text: undefined })
    })
    request.on("upgrade", (_, socket, head) => {
      const payload = Buffer.from(text)
      let come = Buffer.from(head)
      const look = () => {
        const length = come[1] ?? 0
        if (come.length < 2 || come.length < 2 + length) return
        socket.destroy()
        resolve({ status: 101, text: come.subarray(2, 2 + length).toString("utf8") })
      }
      socket.on("data", (chunk: Buffer) => {
        come = Buffer.concat([come, chunk])
        look()
      })
      socket.on("error", reject)
      socket.on("close", () => resolve({ status: 101, text: undefined }))
      // Masked with zeros.
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]))
    })
    request.end()
  })

/** Baseten's sockets. */
export const sockets: Area = {
  name: "WebSockets",
  checks: [
    {
      name: "a model's socket opens, and what is said comes back",
      run: async (wire) => {
        const path = "/baseten/model/abcd1234/environments/production/websocket"
        equal("the answer", await open(wire, path, "héllo", wire.headers), { status: 101, text: "héllo" })
      },
    },
    {
      name: "a refusal keeps Baseten's status",
      run: async (wire) => {
        const headers = { ...wire.headers, authorization: "Bearer wrong" }
        equal("the status", (await open(wire, "/baseten/model/abcd1234/websocket", "x", headers)).status, 401)
      },
    },
    {
      name: "a GET without a handshake is 426",
      run: async (wire) =>
        equal("the status", (await wire.get("/baseten/model/abcd1234/websocket")).status, 426),
    },
  ],
}
