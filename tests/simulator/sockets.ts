/** The WebSockets of models, chains and containers: they echo, well or badly as asked. */
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import type { Answer } from "./answer.ts"
import { refusedCredential } from "./auth.ts"
import { actionOf, dedicatedCall } from "./dedicated-path.ts"
import { dedicatedError } from "./errors.ts"
import { FaultMistake } from "./faults.ts"
import { type Recorder, type RequestRecord, splitUrl } from "./recorder.ts"
import { closeFrame, frameReader, serverFrame } from "./socket-frames.ts"
import { scriptOf, type SocketScript } from "./socket-script.ts"

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/** Where Baseten, or a server in a container, opens sockets. */
const isSocketPath = (path: string, host: string | undefined): boolean => {
  const call = dedicatedCall(path, host)
  if (call === undefined) return false
  if (
    /^\/(?:(?:production|development|(?:environments|deployment)\/[^/]+)\/)?websocket\/?$/.test(call.path)
  ) {
    return true
  }
  const action = actionOf(call)
  return action.name === "container" && /^\/v1\/(?:realtime|websocket)$/.test(action.path)
}

export async function serveSocket(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  recorder: Recorder,
): Promise<void> {
  const record = recorder.begin(request)
  record.socket = { messages: 0, bytes: 0, texts: [], closing: null, pongs: 0 }
  socket.on("error", () => undefined)
  socket.setNoDelay(true)
  let isOurs = false
  socket.once("close", () => recorder.end(record, isOurs ? "cut_by_fault" : "completed"))
  socket.on("end", () => socket.end())
  const refuse = (answer: Answer) => {
    record.status = answer.status
    const body = answer.body.kind === "whole" ? answer.body.bytes : Buffer.alloc(0)
    const headers: Record<string, unknown> = { ...answer.headers, "content-length": body.length }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")
    socket.write(`HTTP/1.1 ${answer.status} Refused\r\nconnection: close\r\n${lines}\r\n`)
    socket.end(body)
  }
  let script: SocketScript
  try {
    script = scriptOf(request)
  } catch (error) {
    if (!(error instanceof FaultMistake)) throw error
    return refuse(dedicatedError(599, error.message))
  }
  socket.resume()
  if (script.handshake === "silent") return
  if (script.handshake === "cut") return void socket.destroy()
  if (script.hold_ms !== undefined) await new Promise((resolve) => setTimeout(resolve, script.hold_ms))
  if (socket.destroyed) return
  const { path } = splitUrl(request.url ?? "/")
  const refused = refusedCredential(request.headers, "dedicated") ??
    (isSocketPath(path, request.headers.host) ? undefined : dedicatedError(404, "Not found"))
  if (refused !== undefined) return refuse(refused)
  if (script.refuse !== undefined) {
    const answer = dedicatedError(script.refuse, "The model cannot be used")
    const headers = { ...answer.headers, ...script.headers }
    const body = script.body === undefined
      ? answer.body
      : { kind: "whole" as const, bytes: Buffer.from(script.body) }
    return refuse({ ...answer, headers, body })
  }
  socket.write(agreement(request, script))
  record.status = 101
  record.headers_sent_at = Date.now()
  play(socket, head, script, record, () => isOurs = true)
}

function agreement({ headers }: IncomingMessage, { handshake, headers: more = {} }: SocketScript): string {
  const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${guid}`).digest("base64")
  const [offered] = headers["sec-websocket-protocol"]?.split(/\s*,\s*/) ?? []
  const protocol = handshake === "unasked_protocol" ? "unasked" : offered
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${handshake === "wrong_accept" ? "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" : accept}`,
    "X-Baseten-Request-Id: socket-request",
    ...protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`],
    ...handshake === "unasked_extension" ? ["Sec-WebSocket-Extensions: permessage-deflate"] : [],
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
  ]
  return `${lines.join("\r\n")}\r\n\r\n`
}

function play(socket: Socket, head: Buffer, script: SocketScript, record: RequestRecord, cuts: () => void) {
  const seen = record.socket
  if (seen === null) return
  let hasClosed = false
  const send = (bytes: Buffer) => {
    record.bytes_sent += bytes.length
    return socket.write(bytes)
  }
  const close = (code: number, reason?: string) => {
    if (hasClosed) return
    hasClosed = true
    send(closeFrame(code, reason))
  }
  const due = () => {
    if (seen.messages < (script.after ?? 0)) return
    if (script.close !== undefined) close(script.close, script.reason)
    if (script.cut === undefined) return
    cuts()
    if (script.cut === "reset") socket.resetAndDestroy()
    else {
      if (script.cut === "within_frame") send(Buffer.from([0x82, 100, 1, 2, 3]))
      socket.end(() => socket.destroy())
    }
  }
  let kind = 0
  const echo = (opcode: number, payload: Buffer, isLast: boolean) => {
    const size = script.fragment
    if (size === undefined) return void send(serverFrame(opcode, payload, isLast))
    for (let at = 0; at === 0 || at < payload.length; at += size) {
      const ends = at + size >= payload.length
      send(serverFrame(at === 0 ? opcode : 0, payload.subarray(at, at + size), isLast && ends))
    }
  }
  const read = frameReader(({ opcode, isLast, payload }) => {
    if (opcode === 9) return void send(serverFrame(10, payload))
    if (opcode === 10) return void seen.pongs++
    if (opcode === 8) {
      seen.closing = {
        code: payload.length < 2 ? 0 : payload.readUInt16BE(0),
        reason: payload.subarray(2).toString("utf8"),
      }
      if (script.clings) return
      close(seen.closing.code, seen.closing.reason)
      return void socket.end()
    }
    kind = opcode === 0 ? kind : opcode
    seen.bytes += payload.length
    if (isLast) {
      seen.messages++
      if (kind === 1 && seen.texts.length < 100) seen.texts.push(payload.toString("utf8").slice(0, 1000))
    }
    if (!script.mute) echo(opcode, payload, isLast)
    due()
  })
  if (script.greet !== undefined) send(serverFrame(1, script.greet))
  if (script.raw !== undefined) send(Buffer.from(script.raw, "latin1"))
  for (let at = 0; at < (script.pings ?? 0); at++) send(serverFrame(9, `ping ${at}`))
  due()
  if (script.deaf) socket.pause()
  else {
    if (head.length > 0) read(head)
    socket.on("data", read)
  }
  flood(script, socket, send)
}

/** Sends no faster than the connection takes it: what has been sent says what was pulled. */
function flood({ flood = 0, size = 1000 }: SocketScript, socket: Socket, send: (bytes: Buffer) => boolean) {
  const frame = serverFrame(2, Buffer.alloc(size, 7))
  let left = flood
  const pour = () => {
    while (left > 0 && !socket.destroyed) {
      left--
      if (!send(frame)) return void socket.once("drain", pour)
    }
  }
  pour()
}
