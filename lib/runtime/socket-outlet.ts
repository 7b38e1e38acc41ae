/**
 * Sends over a socket, no faster than its client reads.
 *
 * @module
 */

/** The part of a socket that is used here. */
export interface Socket {
  readonly send: (text: string) => unknown
  readonly close: (code: number, reason: string) => unknown
  /** Bytes that the client has not taken yet; absent if the runtime does not know. */
  readonly buffered?: () => number
}

/** The outgoing side of a socket, which many answers share. */
export interface SocketOutlet {
  /**
   * Sends a message when its turn has come and the client has read enough of those before it. Resolves then, with
   * whether the socket was still there; never rejects.
   */
  readonly send: (message: string) => Promise<boolean>
  /** Resolves when the client has read enough for more, with whether the socket is still there. */
  readonly room: () => Promise<boolean>
  /** The client has read. If the runtime does not report it, the outlet polls. */
  readonly drained: () => void
  /** The socket is gone: releases all who wait. */
  readonly closed: () => void
}

/** How many bytes may be buffered for a client before its answers wait; one more message may be buffered beside them. */
const mostWaiting = 1_048_576

/**
 * If the runtime does not know what is buffered for a client (Workers), the client is assumed to read so many bytes a
 * second, ten times what the fastest model writes, and so many may be buffered by that estimate.
 */
const readPerSecond = 2_097_152
const mostReckoned = 4_194_304

/** How long to wait before polling again what the client has read, in milliseconds: longer each time. */
const longestPause = 250

interface Waiting {
  readonly bytes: () => number
  readonly sent: (length: number) => void
  readonly most: number
}

const reckoned = (): Waiting => {
  let bytes = 0
  let at = performance.now()
  const now = (): number => {
    const then = at
    at = performance.now()
    bytes = Math.max(0, bytes - (at - then) * readPerSecond / 1000)
    return bytes
  }
  return {
    bytes: now,
    sent: (length) => {
      bytes = now() + length
    },
    most: mostReckoned,
  }
}

/** Opens the outgoing side of a socket. */
export const makeOutlet = (socket: Socket): SocketOutlet => {
  const waiting: Waiting = socket.buffered === undefined
    ? reckoned()
    : { bytes: socket.buffered, sent: () => {}, most: mostWaiting }
  let gone = false
  let wake = (): void => {}
  let asking: Promise<void> | undefined
  let last: Promise<unknown> = Promise.resolve()

  const isFull = (): boolean => !gone && waiting.bytes() > waiting.most
  const ask = async (): Promise<void> => {
    for (let pause = 1; isFull(); pause = Math.min(2 * pause, longestPause)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    asking = undefined
  }
  const room = async (): Promise<boolean> => {
    // All who wait are released at once, and the first of them may use up the room again.
    while (isFull()) await (asking ??= ask())
    return !gone
  }
  const closed = (): void => {
    gone = true
    wake()
  }
  const sendNow = async (message: string): Promise<boolean> => {
    if (!await room()) return false
    try {
      socket.send(message)
    } catch {
      // It has closed, and its runtime has not reported it yet.
      closed()
      return false
    }
    waiting.sent(message.length)
    return true
  }
  return {
    send: (message) => {
      const turn = last.then(() => sendNow(message))
      last = turn
      return turn
    },
    room,
    drained: () => wake(),
    closed,
  }
}
