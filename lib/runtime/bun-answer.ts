/**
 * Answers in the form that is cheapest for Bun's server.
 *
 * @module
 */
import { type Answer, type RelayedBody, toResponse } from "../relay/answer.ts"
import type { Flow, Sink } from "../relay/body-flow.ts"

/** The controller of a direct stream, which writes to its client's connection. */
interface DirectController {
  /** Writes a chunk. Returns a promise if the client reads more slowly, which resolves once it has caught up. */
  readonly write: (chunk: Uint8Array) => number | Promise<number>
  readonly flush: () => unknown
  readonly end: () => unknown
}

/**
 * The source of a direct stream (`type: "direct"`), a feature of Bun: it has no queue, and needs no promise for each
 * chunk. A stream takes a tenth less CPU than through a standard one (Bun 1.4).
 */
class DirectSource implements Sink {
  readonly type = "direct"
  readonly #body: Pick<RelayedBody, "into">
  #controller: DirectController | undefined = undefined
  #flow: Flow | undefined = undefined
  #written: number | Promise<number> = 0
  #isOver = false
  #goOn: (() => void) | undefined = undefined
  #failure: unknown = undefined

  constructor(body: Pick<RelayedBody, "into">) {
    this.#body = body
  }
  /** Called once, by the server; the answer ends when it resolves, and breaks off if it rejects. */
  async pull(controller: DirectController): Promise<void> {
    this.#controller = controller
    const flow = this.#flow = this.#body.into(this)
    while (!this.#isOver) {
      await flow.pull()
      if (this.#written instanceof Promise && !this.#isOver) await this.#untilRead(this.#written)
    }
    if (this.#failure !== undefined) throw this.#failure
  }
  /** Called when the client has left; before 1.4.3 Bun also calls it at the end. */
  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#flow?.cancel()
    this.#goOn?.()
  }
  enqueue(chunk: Uint8Array): void {
    const controller = this.#controller
    if (controller === undefined) return
    this.#written = controller.write(chunk)
    // Bun would hold back less than 64 bytes.
    controller.flush()
  }
  close(): void {
    this.#isOver = true
    this.#controller?.end()
    this.#goOn?.()
  }
  error(cause: unknown): void {
    this.#isOver = true
    this.#failure = cause
    this.#goOn?.()
  }
  /** Waits until the client has read, or the body has ended, which a client that does not read must see as well. */
  #untilRead(written: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve
      written.then(() => resolve(), () => resolve())
    })
  }
}

/** The answer as a `Response` for Bun's server. */
export const toBunResponse = (answer: Answer): Response => {
  const { status, statusText, headers, body } = answer
  if (body === null || body instanceof Uint8Array || body.isStream === true) return toResponse(answer)
  const source = new DirectSource(body) as unknown as UnderlyingDefaultSource<Uint8Array<ArrayBuffer>>
  return new Response(new ReadableStream(source), { status, statusText, headers: headers.toInit() })
}
