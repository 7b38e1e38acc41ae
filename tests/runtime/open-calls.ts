/** A call in every state in which a process may have to stop, each named by its event id. */
import { request as httpRequest } from "node:http"
import { connect } from "node:net"
import { WebSocket } from "undici"
import type { Simulator } from "../simulator/server.ts"

/** Where the states are opened. */
interface Place {
  /** The gateway's URL. */
  readonly url: string
  readonly simulator: Simulator
  /** A name that tells the gateway's requests from those of others at one simulator. */
  readonly run: string
}

/** What became of a call: the status and all that came of its body. */
export interface Outcome {
  readonly status: number | undefined
  readonly text: string
}

/** How a state is opened, and what the end of the grace makes of it. */
export interface State {
  readonly name: string
  /** The status that its client sees; nothing where it cannot see one. */
  readonly status: number | undefined
  /** What the body says; nothing where the connection breaks. */
  readonly says: RegExp | undefined
  /** Whether the simulator has the request once the state is reached. */
  readonly arrives: boolean
  readonly open: (place: Place) => Promise<Outcome>
}

/** Gateways for the states that need settings. */
export const stateSettings = JSON.stringify({
  gateways: {
    "a/g": {},
    "a/retries": { retry_max_attempts: 3, retry_delay: 30_000, retry_backoff: "constant" },
    "a/shares": { cache_ttl: 60 },
  },
})

const chat = (stream: boolean): string =>
  JSON.stringify({ model: "openai/gpt-oss-120b", stream, messages: [{ role: "user", content: "hi" }] })

interface Ask {
  readonly name: string
  readonly path?: string
  readonly gateway?: string
  readonly fault?: object
  readonly stream?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** Sends this, and declares a longer body. */
  readonly part?: string
  /** Reads nothing of the answer. */
  readonly paused?: boolean
}

/** Makes a call of which the client reads all, and learns when it breaks off. */
const ask = (
  { url, run }: Place,
  { name, path = "baseten/v1/chat/completions", gateway = "g", fault, stream = false, headers, part, paused }:
    Ask,
): Promise<Outcome> =>
  new Promise((resolve) => {
    let status: number | undefined
    let text = ""
    const end = (): void => resolve({ status, text })
    const body = chat(stream)
    const request = httpRequest(`${url}/v1/a/${gateway}/${path}`, {
      method: "POST",
      agent: false,
      headers: {
        authorization: "Bearer sk-own",
        "content-type": "application/json",
        "content-length": part === undefined ? body.length : 10_000_000,
        "cf-aig-event-id": name,
        "x-simulator-case": `${run}-${name}`,
        ...(fault && { "x-simulator-fault": JSON.stringify(fault) }),
        ...headers,
      },
    })
    request.on("response", (response) => {
      status = response.statusCode
      if (paused) response.pause()
      else response.setEncoding("utf8").on("data", (data: string) => text += data)
      response.on("close", end)
    })
    request.on("error", end)
    request.on("close", end)
    if (part === undefined) request.end(body)
    else request.write(part)
  })

const framed = /"code":"draining"/
const refused = /"code":9503/

/** The states in which a call waits for something. */
export const states: ReadonlyArray<State> = [
  {
    name: "upload of JSON stalls",
    status: 503,
    says: refused,
    arrives: false,
    open: (place) => ask(place, { name: "upload of JSON stalls", part: '{"model":"x' }),
  },
  {
    name: "upload of bytes stalls",
    status: 503,
    says: refused,
    arrives: true,
    open: (place) =>
      ask(place, {
        name: "upload of bytes stalls",
        path: "baseten/model/sink1234",
        headers: { "content-type": "application/octet-stream" },
        part: "x".repeat(100_000),
      }),
  },
  {
    name: "no headers",
    status: 503,
    says: refused,
    arrives: true,
    open: (place) => ask(place, { name: "no headers", fault: { hang: "headers" } }),
  },
  {
    name: "no headers of a stream",
    status: 503,
    says: refused,
    arrives: true,
    open: (place) => ask(place, { name: "no headers of a stream", stream: true, fault: { hang: "headers" } }),
  },
  {
    name: "no first byte",
    status: 200,
    says: framed,
    arrives: true,
    open: (place) => ask(place, { name: "no first byte", stream: true, fault: { stall_after: 0 } }),
  },
  {
    name: "within a stream",
    status: 200,
    says: framed,
    arrives: true,
    open: (place) => ask(place, { name: "within a stream", stream: true, fault: { stall_after: 2 } }),
  },
  {
    name: "within bytes",
    status: 200,
    says: undefined,
    arrives: true,
    open: (place) =>
      ask(place, { name: "within bytes", path: "baseten/model/text1234", fault: { stall_after: 2 } }),
  },
  {
    name: "before a short answer",
    status: 503,
    says: refused,
    arrives: true,
    open: (place) => ask(place, { name: "before a short answer", fault: { stall_after: 0 } }),
  },
  {
    name: "within a short answer",
    status: 200,
    says: undefined,
    arrives: true,
    open: (place) => ask(place, { name: "within a short answer", fault: { stall_after: 2 } }),
  },
  {
    name: "before another try",
    status: 503,
    says: refused,
    arrives: true,
    open: (place) => ask(place, { name: "before another try", gateway: "retries", fault: { status: 503 } }),
  },
  {
    name: "first of a shared miss",
    status: 503,
    says: refused,
    arrives: true,
    open: (place) =>
      ask(place, { name: "first of a shared miss", gateway: "shares", fault: { hang: "headers" } }),
  },
  {
    name: "another of a shared miss",
    status: 503,
    says: refused,
    arrives: false,
    open: (place) =>
      ask(place, { name: "another of a shared miss", gateway: "shares", fault: { hang: "headers" } }),
  },
  {
    name: "client does not read",
    status: 200,
    says: undefined,
    arrives: true,
    open: (place) =>
      ask(place, {
        name: "client does not read",
        path: "baseten/model/text1234",
        fault: { huge_bytes: 50_000_000, drip_ms: 100 },
        paused: true,
      }),
  },
  {
    name: "upload to the log's API stalls",
    status: 503,
    says: undefined,
    arrives: false,
    open: ({ url }) =>
      new Promise((resolve) => {
        const request = httpRequest(`${url}/client/v4/accounts/a/ai-gateway/gateways/g/logs/some-id`, {
          method: "PATCH",
          agent: false,
          headers: {
            authorization: "Bearer admin",
            "content-type": "application/json",
            "content-length": 1000,
            "cf-aig-event-id": "upload to the log's API stalls",
          },
        })
        request.on("response", (response) => resolve({ status: response.statusCode, text: "" }))
        request.on("error", () => resolve({ status: undefined, text: "" }))
        request.write("{")
      }),
  },
]

/** Connections that carry no request: one after its request, one before the end of its first. */
export const openConnections = async (url: string): Promise<void> => {
  const { hostname, port } = new URL(url)
  for (const bytes of ["GET /livez HTTP/1.1\r\nhost: gateway\r\n\r\n", "GET /livez HTTP/1.1\r\nhost: gate"]) {
    const socket = connect(Number(port), hostname)
    socket.on("error", () => {})
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
  }
}

/** A socket without a request, and one with a call that waits. Resolves with what its close says. */
export const openSockets = async (url: string): Promise<ReadonlyArray<Promise<number>>> => {
  const target = `${url.replace("http", "ws")}/v1/a/g`
  const sockets = [new WebSocket(target), new WebSocket(target)]
  const closed = sockets.map((socket) =>
    new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)))
  )
  await Promise.all(sockets.map((socket) =>
    new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve())
      socket.addEventListener("error", () => reject(new Error("The handshake was refused")))
    })
  ))
  sockets[1]?.send(JSON.stringify({
    type: "universal.create",
    request: {
      eventId: "over-a-socket",
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { authorization: "Bearer sk-own", "x-simulator-fault": '{"hang":"headers"}' },
      query: JSON.parse(chat(false)) as object,
    },
  }))
  return closed
}

/** A socket to a model over which something has been said. Resolves, once it is open, with what its close says. */
export const openRelayed = async (
  url: string,
  eventId: string,
): Promise<{ readonly closed: Promise<number> }> => {
  const target = `${url.replace("http", "ws")}/v1/a/g/baseten/model/abcd1234/websocket`
  const headers = { authorization: "Bearer sk-own", "cf-aig-event-id": eventId }
  const socket = new WebSocket(target, { headers })
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener("close", ({ code }) => resolve(code))
  )
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => socket.send("there"))
    socket.addEventListener("message", () => resolve())
    socket.addEventListener("error", () => reject(new Error("The handshake was refused")))
  })
  return { closed }
}
