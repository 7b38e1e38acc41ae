/**
 * A connection of the load client: Bun's own sockets, the cheapest that a script can have.
 *
 * @module
 */
import type { Buffer } from "node:buffer"
import type { Target } from "./jobs.ts"
import { responseReader } from "./response-reader.ts"

/** As much of Bun's API as is used here. */
interface Socket {
  readonly write: (bytes: Uint8Array) => number
  readonly pause: () => void
  readonly terminate: () => void
}
declare const Bun: {
  readonly connect: (options: {
    readonly hostname: string
    readonly port: number
    readonly socket: {
      readonly data: (socket: Socket, bytes: Buffer) => void
      readonly close: () => void
    }
  }) => Promise<Socket>
}

/** One request at a time. */
export interface Connection {
  /** @param begun called with the first byte of the answer's body */
  readonly send: (done: (answer: Answer) => void, begun?: () => void) => void
  /** Reads no further. */
  readonly pause: () => void
  /** Leaves at once, in the midst of an answer or not. */
  readonly close: () => void
}

/** Times as of `performance.now()`. */
export interface Answer {
  readonly sent: number
  readonly first: number
  readonly ended: number
  readonly bytes: number
}

const requestBytes = ({ url, headers, body }: Target): Uint8Array => {
  const { pathname, host } = new URL(url)
  const content = new TextEncoder().encode(body)
  const lines = Object.entries({ host, ...headers, "content-length": `${content.length}` })
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return new TextEncoder().encode(`POST ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n${body}`)
}

/** Called where an answer is not 200, or a connection ends that is in use. */
export type Fail = (reason: string) => void

export const connect = async (target: Target, fail: Fail): Promise<Connection> => {
  const request = requestBytes(target)
  const { hostname, port } = new URL(target.url)
  let done: ((answer: Answer) => void) | undefined
  let begun: (() => void) | undefined
  let sent = 0
  let first = 0
  let bytes = 0
  const read = responseReader({
    head: (status) => status === 200 || fail(`${target.url} answered ${status}`),
    body: (count) => {
      if (bytes === 0) {
        first = performance.now()
        begun?.()
      }
      bytes += count
    },
    end: () => {
      const tell = done
      done = undefined
      tell?.({ sent, first, ended: performance.now(), bytes })
    },
  })
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_, chunk) => read(chunk),
      close: () => done && fail(`${target.url} closed a connection before its answer was whole`),
    },
  })
  return {
    send: (then, onFirst) => {
      done = then
      begun = onFirst
      bytes = 0
      sent = performance.now()
      // A few hundred bytes on an idle connection: they always fit.
      socket.write(request)
    },
    pause: () => socket.pause(),
    close: () => {
      done = undefined
      socket.terminate()
    },
  }
}

/** Several connections to one target. */
export const connectAll = (
  target: Target,
  count: number,
  fail: Fail,
): Promise<ReadonlyArray<Connection>> =>
  Promise.all(Array.from({ length: count }, () => connect(target, fail)))
