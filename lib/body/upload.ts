/**
 * A request's body on its way in: how long it may stall, and how much all of them hold together.
 *
 * @module
 */
import * as Result from "effect/Result"
import { clientLeft, GatewayError } from "../errors.ts"
import { concatBytes } from "../bytes/concat.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import type { StartTimer } from "../time/Timer.ts"
import type { AllHeld, HeldBytes } from "./held-bytes.ts"

/** How many bytes of bodies are held at once. */
export interface UploadBounds {
  /** For long bodies that are still arriving: the most that stalled uploads can hold. */
  readonly arriving: number
  /** For all bodies, until their calls have ended. */
  readonly held: number
}

/** An app has read the body before it gave the request to the gateway. */
const bodyAlreadyRead = (): GatewayError =>
  new GatewayError({
    reason: "misconfigured",
    detail:
      "The request's body was read before the gateway got it. Give gateway.fetch the request as it came, or a clone " +
      "of it that was made before.",
  })

/** The client has stopped sending. RFC 9110 §15.5.9 asks for the connection to be closed. */
const uploadTimeout = (what: string): GatewayError =>
  new GatewayError({
    reason: "upload_timeout",
    detail: `The request body did not come: ${what} (request_idle_timeout). Send it again.`,
    headers: { connection: "close" },
  })

/** More bodies are arriving, or held for running calls, than there is memory for. */
const overloaded = (): GatewayError =>
  new GatewayError({
    reason: "overloaded",
    detail:
      "The bodies of running requests hold all the memory that there is for them. Try again in a moment.",
    headers: { "retry-after": "1" },
  })

/**
 * A body of up to this many bytes is read in one piece, which costs least; how much of it has arrived is not known
 * meanwhile. Stalled long ones leave room for it: it only counts against the bound of all bodies.
 */
export const shortUpload = 65_536

/** Reads a body in parts. */
export interface UploadReader {
  /** The next part, `undefined` at the end. Fails with `upload_timeout`, or with `client_left` if the client leaves. */
  readonly read: () => Promise<Result.Result<Uint8Array<ArrayBuffer> | undefined, GatewayError>>
  readonly cancel: (reason?: unknown) => Promise<void>
}

/** What the uploads of a gateway share. */
export interface UploadContext {
  readonly startTimer: StartTimer
  readonly bounds: UploadBounds
  readonly all: AllHeld
}

/** The body of one request. */
export class Upload {
  readonly headers: HeaderReader
  readonly #request: Request
  readonly #idle: number
  readonly #context: UploadContext
  /** The count that its own bytes were added to. */
  readonly #counted: HeldBytes
  #cancel: ((reason?: unknown) => Promise<void>) | undefined = undefined
  #arriving = 0
  #held = 0
  #released = false

  constructor(request: Request, idle: number, headers: HeaderReader, context: UploadContext) {
    this.#request = request
    this.#idle = idle
    this.headers = headers
    this.#context = context
    this.#counted = context.all.now()
  }
  get method(): string {
    return this.#request.method
  }
  /** Reading this property alone makes Bun (1.4) create a stream, and read the body through it. */
  get hasBody(): boolean {
    return this.#request.body !== null
  }

  /**
   * Reads a short body in one piece: one promise from the runtime's own to the result of `use`.
   *
   * Fails with `client_left` if the client leaves, `upload_timeout` if it stops sending, and `overloaded` if all bodies
   * hold too much.
   */
  short<A>(
    use: (bytes: Uint8Array<ArrayBuffer>) => Result.Result<A, GatewayError>,
  ): Promise<Result.Result<A, GatewayError>> {
    return new Promise((resolve, reject) => {
      const stopTimer = this.#context.startTimer(
        2 * this.#idle,
        () => resolve(Result.fail(uploadTimeout("it was not whole in time"))),
      )
      this.#request.arrayBuffer().then((buffer) => {
        stopTimer()
        const refused = this.take(buffer.byteLength)
        if (refused !== undefined) return resolve(Result.fail(refused))
        this.arrived()
        try {
          resolve(use(new Uint8Array(buffer)))
        } catch (defect) {
          reject(defect)
        }
      }, () => {
        stopTimer()
        resolve(Result.fail(clientLeft()))
      })
    })
  }

  /** Reads all of a longer body, whose declared length has been checked. Fails as `short` does. */
  async long(): Promise<Result.Result<Uint8Array<ArrayBuffer>, GatewayError>> {
    const reader = this.reader()
    const chunks: Array<Uint8Array<ArrayBuffer>> = []
    for (let size = 0;;) {
      const part = await reader.read()
      if (Result.isFailure(part)) return Result.fail(part.failure)
      const chunk = part.success
      if (chunk === undefined) {
        this.arrived()
        return Result.succeed(concatBytes(chunks, size))
      }
      const refused = this.take(chunk.byteLength)
      if (refused !== undefined) return Result.fail(refused)
      chunks.push(chunk)
      size += chunk.byteLength
    }
  }

  /** Its parts as they arrive. */
  reader(): UploadReader {
    const reader = this.#openReader()
    if (reader instanceof GatewayError) {
      return { cancel: () => Promise.resolve(), read: () => Promise.resolve(Result.fail(reader)) }
    }
    const cancel = this.#cancel = (reason?: unknown): Promise<void> => reader.cancel(reason).catch(() => {})
    const failed = (error: GatewayError): Result.Result<never, GatewayError> => {
      void cancel(error)
      return Result.fail(error)
    }
    return {
      cancel,
      read: () =>
        new Promise((resolve) => {
          const stopTimer = this.#context.startTimer(
            this.#idle,
            () => resolve(failed(uploadTimeout("nothing of it came for a while"))),
          )
          reader.read().then(({ value }) => {
            stopTimer()
            resolve(Result.succeed(value))
          }, () => {
            stopTimer()
            resolve(failed(clientLeft()))
          })
        }),
    }
  }

  /** Or why there is none: Bun (1.4) gives no reader of what is lost with its client, and an app may have read the body. */
  #openReader(): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | GatewayError {
    const { body, signal } = this.#request
    try {
      return body?.getReader() as ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
    } catch (defect) {
      if (signal.aborted) return clientLeft()
      if (body?.locked === true) return bodyAlreadyRead()
      throw defect
    }
  }

  /**
   * Counts bytes to be held, or returns the error: they are too many, or the call has ended, so that nobody would use or
   * release them.
   */
  take(bytes: number): GatewayError | undefined {
    if (this.#released) {
      void this.#cancel?.()
      return clientLeft()
    }
    const { bounds, all } = this.#context
    const isLong = this.#arriving + bytes > shortUpload
    if ((isLong && all.arriving() + bytes > bounds.arriving) || all.total() + bytes > bounds.held) {
      void this.#cancel?.()
      return overloaded()
    }
    this.#counted.arriving += bytes
    this.#arriving += bytes
    return undefined
  }
  /** The whole body has arrived. */
  arrived(): void {
    this.#counted.arriving -= this.#arriving
    this.#counted.held += this.#arriving
    this.#held += this.#arriving
    this.#arriving = 0
  }
  /** Counts a body that has already arrived, or returns the error if it cannot be held. */
  hold(bytes: number): GatewayError | undefined {
    const { bounds, all } = this.#context
    if (all.total() + bytes > bounds.held) return overloaded()
    this.#counted.held += bytes
    this.#held += bytes
    return undefined
  }
  /** The call has ended: releases what is held. */
  release(): void {
    this.#released = true
    this.arrived()
    this.#counted.held -= this.#held
    this.#held = 0
  }
}
