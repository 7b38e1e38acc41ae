/** A WebSocket client over a bare connection: unlike others it can stop reading. */
import { Buffer } from "node:buffer"
import { randomBytes } from "node:crypto"
import { connect } from "node:net"

/** A text message as a client sends it (RFC 6455 §5.2), masked with zeros. */
const framed = (text: string): Buffer => {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(payload.length < 65_536 ? 8 : 14)
  head[0] = 0x81
  if (payload.length < 65_536) {
    head[1] = 0x80 | 126
    head.writeUInt16BE(payload.length, 2)
  } else {
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  return Buffer.concat([head, payload])
}

/** A socket that is open. */
export interface SlowSocket {
  readonly send: (text: string) => void
  readonly pause: () => void
  readonly resume: () => void
  /** How many bytes have come, and the last of them as text. */
  readonly received: () => number
  readonly tail: () => string
  readonly close: () => void
}

/** Opens a socket at a base URL. */
export const openSlowly = (url: string, headers: Readonly<Record<string, string>>): Promise<SlowSocket> => {
  const { hostname, port, pathname, host } = new URL(url)
  const all = {
    host,
    ...headers,
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-version": "13",
  }
  const socket = connect(Number(port), hostname)
  socket.write(
    `GET ${pathname} HTTP/1.1\r\n${
      Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("")
    }\r\n`,
  )
  let received = 0
  let tail = ""
  return new Promise((resolve, reject) => {
    socket.once("error", reject)
    socket.once("data", (head) => {
      if (!head.toString("latin1").startsWith("HTTP/1.1 101")) return reject(new Error("refused"))
      socket.on("error", () => {})
      socket.on("data", (data) => {
        received += data.length
        tail = (tail + data.toString("latin1", Math.max(0, data.length - 1000))).slice(-1000)
      })
      resolve({
        send: (text) => void socket.write(framed(text)),
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        received: () => received,
        tail: () => tail,
        close: () => void socket.destroy(),
      })
    })
  })
}
