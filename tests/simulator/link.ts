/** One exchange's connection: every wait on it ends at once when the peer leaves. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { clearTimeout, setImmediate, setTimeout } from "node:timers"
import type { Answer } from "./answer.ts"
import type { RequestRecord } from "./recorder.ts"

export class PeerGone extends Error {}

export type Link = {
  /** `untilClose` sends neither a length nor chunks: the body ends where the connection does. */
  sendHead(answer: Answer, untilClose?: boolean): void
  /** Resolves when the bytes left for the kernel, after letting other exchanges have a turn. */
  write(bytes: Uint8Array): Promise<void>
  /** Writes bytes to the connection itself, past the server's HTTP. */
  writeRaw(bytes: Uint8Array): Promise<void>
  end(bytes?: Uint8Array): Promise<void>
  sleep(milliseconds: number): Promise<void>
  until(event: Promise<void>): Promise<void>
  untilPeerLeaves(): Promise<void>
  /** Answers 101, after which the connection speaks HTTP no more. */
  switchProtocols(): void
  cut(reset: boolean): Promise<void>
  isGone(): boolean
}

type LinkEnd = "completed" | "client_closed" | "cut_by_fault"

export function createLink(
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  onEnd: (end: LinkEnd) => void,
): Link {
  const socket = request.socket
  let gone = false
  let cutByFault = false
  let release: (() => void) | undefined

  function leave() {
    if (gone) return
    gone = true
    socket.off("close", leave)
    onEnd(cutByFault ? "cut_by_fault" : response.writableFinished ? "completed" : "client_closed")
    release?.()
  }
  // The socket is watched too: a pipelined request's response has no socket of its own yet.
  response.once("close", leave)
  socket.once("close", leave)
  response.on("error", () => undefined)

  function wait(start: (done: () => void) => void, cancel?: () => void): Promise<void> {
    if (gone) return Promise.reject(new PeerGone())
    return new Promise((resolve, reject) => {
      release = () => {
        cancel?.()
        reject(new PeerGone())
      }
      start(() => {
        release = undefined
        resolve()
      })
    })
  }

  function sleep(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    return wait((done) => timer = setTimeout(done, milliseconds), () => clearTimeout(timer))
  }

  return {
    sleep,
    until: (event) => wait((done) => void event.then(done)),
    isGone: () => gone || socket.destroyed,
    untilPeerLeaves: () => {
      // Node keeps the head back until the first byte of a body whose length is known.
      if (response.headersSent) response.flushHeaders()
      return wait(() => undefined).catch(() => undefined)
    },
    sendHead: (answer, untilClose = false) => {
      if (gone) throw new PeerGone()
      if (untilClose) response.useChunkedEncodingByDefault = response.shouldKeepAlive = false
      response.writeHead(answer.status, answer.headers)
      record.status = answer.status
      record.headers_sent_at = Date.now()
      if (answer.body.kind === "events" || answer.body.kind === "chunks") response.flushHeaders()
    },
    write: (bytes) => {
      record.bytes_sent += bytes.length
      return wait((done) => response.write(bytes, () => setImmediate(done)))
    },
    writeRaw: (bytes) => {
      record.bytes_sent += bytes.length
      return wait((done) => socket.write(bytes, () => setImmediate(done)))
    },
    end: async (bytes) => {
      if (gone) throw new PeerGone()
      record.bytes_sent += bytes?.length ?? 0
      response.end(bytes)
      // The response's own close says that it is finished, and is what the record waits for.
      await wait(() => undefined).catch(() => undefined)
    },
    switchProtocols: () => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other/1\r\n\r\n")
    },
    cut: async (reset) => {
      cutByFault = true
      if (response.headersSent) response.flushHeaders()
      await wait((done) => setImmediate(() => setImmediate(done)))
      if (reset) socket.resetAndDestroy()
      else socket.destroySoon()
    },
  }
}
