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
   * Sends a message once its turn has come and the client has read enough of the earlier ones. Resolves then, with
   * whether the socket was still open; never rejects.
   */
  readonly send: (message: string) => Promise<boolean>
  /** Resolves when the client has read enough for more, with whether the socket is still open. */
  readonly room: () => Promise<boolean>
  /** Must be called when the client has read. If the runtime does not report that, the outlet polls. */
  readonly drained: () => void
  /** Must be called when the socket has closed; releases all waiting senders. */
  readonly closed: () => void
}

/** The number of buffered bytes at which a client's answers wait; one more message may be added to them. */
const mostWaiting = 1_048_576

/**
 * If the runtime does not know what is buffered for a client (Workers), the client is assumed to read this many bytes
 * a second, ten times what the fastest model writes; `mostReckoned` bytes may be buffered by that estimate.
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
    // All waiting senders are released together, and the first may fill the room again.
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
      // The socket has closed, which the runtime has not reported yet.
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
