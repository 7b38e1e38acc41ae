/** A WebSocket client as people use it (`ws`), and what it has seen. */
import { Buffer } from "node:buffer"
import { WebSocket } from "ws"
import { eventually, type Harness, key } from "./harness.ts"

/** How a handshake is made. */
export interface Opening {
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: ReadonlyArray<string>
  /** What the simulator is to do. */
  readonly script?: object
  /** The name of the case, by which the simulator knows the handshake. */
  readonly id?: string
}

/** A socket that is open, or a handshake that was refused. */
export interface Client {
  readonly socket: WebSocket
  /** What has come: text as text, bytes by their number. */
  readonly messages: Array<string | number>
  readonly pongs: () => number
  readonly closed: () => readonly [code: number, reason: string] | undefined
  /** Resolves when so many messages have come. */
  readonly until: (count: number) => Promise<void>
  /** Resolves with the code and the reason of its end. */
  readonly end: () => Promise<readonly [code: number, reason: string]>
  /** The headers of the answer to the handshake. */
  readonly headers: () => Readonly<Record<string, string | Array<string> | undefined>>
}

/** A refusal. */
export interface Refusal {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
}

const start = (url: string, { headers = key, protocols = [], script = {}, id = "sockets" }: Opening) =>
  new WebSocket(url.replace("http", "ws"), [...protocols], {
    headers: { "x-simulator-socket": JSON.stringify(script), "x-simulator-case": id, ...headers },
  })

/** Opens a socket; rejects if it is refused. */
export const connect = (url: string, opening: Opening = {}): Promise<Client> =>
  new Promise((resolve, reject) => {
    const socket = start(url, opening)
    const messages: Array<string | number> = []
    let pongs = 0
    let closed: readonly [number, string] | undefined
    let headers: Client["headers"] extends () => infer H ? H : never = {}
    socket.on("upgrade", (answer) => headers = answer.headers)
    socket.on(
      "message",
      (data, isBinary) =>
        messages.push(isBinary ? (data as Buffer).length : (data as Buffer).toString("utf8")),
    )
    socket.on("pong", () => pongs++)
    socket.on("close", (code, reason) => closed = [code, reason.toString()])
    socket.on("error", reject)
    const client: Client = {
      socket,
      messages,
      pongs: () => pongs,
      closed: () => closed,
      until: (count) => eventually(`${count} messages come`, () => messages.length >= count, 20_000),
      end: async () => {
        await eventually("it ends", () => closed !== undefined, 20_000)
        return closed as readonly [number, string]
      },
      headers: () => headers,
    }
    socket.on("open", () => resolve(client))
  })

/** Sends a handshake that is to be refused. */
export const refused = (url: string, opening: Opening = {}): Promise<Refusal> =>
  new Promise((resolve, reject) => {
    const socket = start(url, opening)
    socket.on("open", () => {
      socket.terminate()
      reject(new Error("The handshake was not refused"))
    })
    socket.on("error", reject)
    socket.on("unexpected-response", (_, answer) => {
      const chunks: Array<Buffer> = []
      answer.on("data", (chunk: Buffer) => chunks.push(chunk))
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          body: Buffer.concat(chunks).toString("utf8"),
          headers: answer.headers,
        }))
    })
  })

/** The record of a socket, once it has ended: by the name of its case, which is its event's id as well. */
export const socketRecord = async (
  { gateway, configured }: Harness,
  id: string,
): Promise<Record<string, unknown>> => {
  const find = () =>
    [...gateway.records(), ...configured.records()].find((record) => record["event_id"] === id)
  await eventually("a record is logged", () => find() !== undefined)
  return find() ?? {}
}
