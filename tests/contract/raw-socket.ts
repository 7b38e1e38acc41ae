/** A WebSocket client whose bytes are written by hand, as those of no library are. */
import { Buffer } from "node:buffer"
import { randomBytes } from "node:crypto"
import { connect } from "node:net"

/** A frame of the server's. */
export interface RawFrame {
  readonly opcode: number
  readonly payload: string
}

/** A connection that has been upgraded. */
export interface RawSocket {
  /** Writes bytes, one a character. */
  readonly write: (bytes: string) => void
  readonly frames: () => ReadonlyArray<RawFrame>
  readonly hasEnded: () => boolean
  readonly close: () => void
}

/** A short frame, masked with the four bytes `mask`, as bytes, one a character. */
export const masked = (first: number, payload: string): string => {
  const bytes = Buffer.from(payload, /^[\0-\xff]*$/.test(payload) && first === 0x88 ? "latin1" : "utf8")
  const mask = Buffer.from("mask")
  const body = bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([Buffer.from([first, 0x80 | bytes.length]), mask, body]).toString("latin1")
}

const framesIn = (bytes: Buffer): ReadonlyArray<RawFrame> => {
  const frames: Array<RawFrame> = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes[at + 1] ?? 0
    const start = at + 2
    if (start + length > bytes.length) break
    frames.push({
      opcode: (bytes[at] ?? 0) & 0x0f,
      payload: bytes.subarray(start, start + length).toString("utf8"),
    })
    at = start + length
  }
  return frames
}

/** Opens a socket; rejects if it is refused. */
export const openRaw = (url: string, headers: Readonly<Record<string, string>>): Promise<RawSocket> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname, host } = new URL(url)
    const all = {
      host,
      upgrade: "websocket",
      connection: "keep-alive, Upgrade",
      "sec-websocket-key": randomBytes(16).toString("base64"),
      "sec-websocket-version": "13",
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("")
    const socket = connect(Number(port), hostname)
    let come = Buffer.alloc(0)
    let begins = -1
    let hasEnded = false
    socket.on("error", reject)
    socket.on("close", () => hasEnded = true)
    socket.on("end", () => hasEnded = true)
    socket.on("data", (chunk) => {
      come = Buffer.concat([come, chunk as Buffer])
      if (begins !== -1) return
      const end = come.indexOf("\r\n\r\n")
      if (end === -1) return
      begins = end + 4
      const head = come.subarray(0, end).toString("latin1")
      if (!head.startsWith("HTTP/1.1 101")) {
        return reject(new Error(head))
      }
      resolve({
        write: (bytes) => void socket.write(Buffer.from(bytes, "latin1")),
        frames: () => framesIn(come.subarray(begins)),
        hasEnded: () => hasEnded,
        close: () => socket.destroy(),
      })
    })
    socket.write(`GET ${pathname} HTTP/1.1\r\n${lines}\r\n`)
  })
