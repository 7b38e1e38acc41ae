/**
 * What goes out over a socket, no faster than its client reads.
 *
 * @module
 */

/** As much of a socket as is used here. */
export interface Socket {
  readonly send: (text: string) => unknown
  readonly close: (code: number, reason: string) => unknown
  /** Bytes that the client has not taken yet; left out where the runtime does not tell. */
  readonly buffered?: () => number
}

/** The way out of a socket, which many answers share. */
export interface Outlet {
  /**
   * Sends a message when its turn has come and the client has read enough of those before it. Resolves then, with
   * whether the socket was still there; never rejects.
   */
  readonly send: (message: string) => Promise<boolean>
  /** Resolves when the client has read enough for more, with whether the socket is still there. */
  readonly room: () => Promise<boolean>
  /** The client has read. Where nobody says so, it is asked for. */
  readonly drained: () => void
  /** Nobody is there any more: whoever waits is let go. */
  readonly closed: () => void
}

/** How many bytes may wait for a client before its answers do. One message more may wait beside them. */
const mostWaiting = 1_048_576

/**
 * Where the runtime does not tell what waits for a client (Workers), it is taken to have read so many bytes a second, and
 * so many may wait by that reckoning: ten times what the fastest model writes.
 */
const readPerSecond = 2_097_152
const mostReckoned = 4_194_304

/** How long to wait before asking again what the client has read, in milliseconds: longer each time. */
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

/** Opens the way out of a socket. */
export const makeOutlet = (socket: Socket): Outlet => {
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
    // All who wait are let go at once, and the first of them may fill the room again.
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
      // It has closed, which its runtime is yet to tell.
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
