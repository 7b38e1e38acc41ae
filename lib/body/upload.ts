/**
 * A request's body on its way in: how long it may be silent, and what all of them hold together.
 *
 * @module
 */
import { clientLeft, GatewayError } from "../errors.ts"
import { concatBytes } from "../bytes/concat.ts"
import { type AllHeld, type HeldBytes, nothingHeld } from "./held-bytes.ts"

/** How many bytes of bodies are held at once. */
export interface UploadBounds {
  /** Of long bodies that have not come whole: what stalled uploads can hold. */
  readonly arriving: number
  /** In all, until their calls have ended. */
  readonly held: number
}

/** Calls back once after so many milliseconds, unless the function that it gives is called before. */
type SetAlarm = (milliseconds: number, ring: () => void) => () => void

const byTimer: SetAlarm = (milliseconds, ring) => {
  const timer = setTimeout(ring, milliseconds)
  return () => clearTimeout(timer)
}

/** The client has stopped sending. RFC 9110 §15.5.9 asks for the connection to be closed. */
const uploadTimeout = (what: string): GatewayError =>
  new GatewayError({
    reason: "upload_timeout",
    detail: `The request body did not come: ${what} (request_idle_timeout). Send it again.`,
    headers: { connection: "close" },
  })

/** More bodies are on their way in, or held for calls that run, than there is memory for. */
const overloaded = (): GatewayError =>
  new GatewayError({
    reason: "overloaded",
    detail:
      "The bodies of running requests hold all the memory that there is for them. Try again in a moment.",
    headers: { "retry-after": "1" },
  })

/**
 * A body of up to so many bytes is read in one go, which costs least; nobody tells then how much of it has come. Long ones
 * that stall leave it room: it is bounded by what all bodies may hold.
 */
const small = 65_536

/** Reads a body in parts. It fails with a `GatewayError` where the next part does not come in time. */
export interface UploadReader {
  readonly read: () => Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>
  readonly cancel: (reason?: unknown) => Promise<void>
}

/** The body of one request. */
export class Upload {
  readonly #request: Request
  readonly #idle: number
  readonly #setAlarm: SetAlarm
  readonly #bounds: UploadBounds
  readonly #all: AllHeld
  /** Where its own bytes are counted. */
  readonly #counted: HeldBytes
  #cancel: (reason?: unknown) => Promise<void> = () => Promise.resolve()
  #arriving = 0
  #held = 0
  #released = false

  constructor(
    request: Request,
    idle: number,
    { setAlarm, bounds, all }: {
      readonly setAlarm: SetAlarm
      readonly bounds: UploadBounds
      readonly all: AllHeld
    },
  ) {
    this.#request = request
    this.#idle = idle
    this.#setAlarm = setAlarm
    this.#bounds = bounds
    this.#all = all
    this.#counted = all.now()
  }
  get method(): string {
    return this.#request.method
  }
  get headers(): Headers {
    return this.#request.headers
  }
  get hasBody(): boolean {
    return this.#request.body !== null
  }

  /** All of a body of a declared length in bytes. */
  async whole(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > small) return await this.#inParts()
    const body = this.#request.arrayBuffer()
    const bytes = new Uint8Array(await this.#within(2 * this.#idle, body, "it was not whole in time"))
    this.take(bytes.byteLength)
    this.arrived()
    return bytes
  }

  async #inParts(): Promise<Uint8Array<ArrayBuffer>> {
    const reader = this.reader()
    const chunks: Array<Uint8Array<ArrayBuffer>> = []
    let size = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      this.take(value.byteLength)
      chunks.push(value)
      size += value.byteLength
    }
    this.arrived()
    return concatBytes(chunks, size)
  }

  /** Its parts as they come. */
  reader(): UploadReader {
    const reader = this.#request.body?.getReader() as ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
    const cancel = this.#cancel = async (reason?: unknown): Promise<void> => {
      await reader.cancel(reason).catch(() => {})
    }
    const read = async () => {
      try {
        return await this.#within(this.#idle, reader.read(), "nothing of it came for a while")
      } catch (cause) {
        void cancel(cause)
        throw cause
      }
    }
    return { read, cancel }
  }

  /**
   * Counts bytes that are to be held. Throws where they are too many, and where the call has ended: nobody waits for them,
   * nor would they be let go of.
   */
  take(bytes: number): void {
    if (this.#released) {
      void this.#cancel()
      throw clientLeft()
    }
    const { arriving, held } = this.#all.sum()
    const isLong = this.#arriving + bytes > small
    if (
      (isLong && arriving + bytes > this.#bounds.arriving) || arriving + held + bytes > this.#bounds.held
    ) {
      void this.#cancel()
      throw overloaded()
    }
    this.#counted.arriving += bytes
    this.#arriving += bytes
  }
  /** All of it is here. */
  arrived(): void {
    this.#counted.arriving -= this.#arriving
    this.#counted.held += this.#arriving
    this.#held += this.#arriving
    this.#arriving = 0
  }
  /** Counts a body that is there whole already, or says why it cannot be held. */
  hold(bytes: number): GatewayError | undefined {
    const { arriving, held } = this.#all.sum()
    if (arriving + held + bytes > this.#bounds.held) return overloaded()
    this.#counted.held += bytes
    this.#held += bytes
    return undefined
  }
  /** Its call has ended: nothing of it is held any more. */
  release(): void {
    this.#released = true
    this.arrived()
    this.#counted.held -= this.#held
    this.#held = 0
  }

  #within<A>(milliseconds: number, pending: Promise<A>, what: string): Promise<A> {
    return new Promise((resolve, reject) => {
      const callOff = this.#setAlarm(milliseconds, () => reject(uploadTimeout(what)))
      pending.then((value) => {
        callOff()
        resolve(value)
      }, (cause) => {
        callOff()
        reject(cause)
      })
    })
  }
}

/** Opens a request's body; the bytes of all that are opened by it count together. */
export type OpenUpload = (request: Request, idle: number) => Upload

/** Opens uploads within bounds, by the timer of the runtime unless told otherwise. */
export const makeUploads = (
  bounds: UploadBounds,
  setAlarm: SetAlarm = byTimer,
  all: AllHeld = nothingHeld(),
): OpenUpload => {
  const shared = { bounds, setAlarm, all }
  return (request, idle) => new Upload(request, idle, shared)
}
