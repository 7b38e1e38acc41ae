/**
 * Bodies of answers that are judged while they stream, window by window: while one is judged, the next one is read.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { EventWindows, WholeWindow, type Windows } from "../guardrail/windows.ts"
import { answerForm, type BodyForm, type Framing } from "../sse/framing.ts"
import type { ChunkRead } from "../upstream/body-reader.ts"
import { CutSource } from "../upstream/cut.ts"
import { RewrittenBody } from "../upstream/derived-body.ts"
import { CutShort, cutShortBy, type GuardedBody } from "../upstream/guarded-body.ts"
import type { Stop } from "./screening.ts"

/** How windows are judged. */
export interface ScreenedBodyOptions {
  readonly framing: Framing
  /** The form according to the answer's headers. */
  readonly label: BodyForm
  /** Returns why a text must not be sent; `undefined` if it may. Never rejects. */
  readonly screen: (text: string, cut: CutSource) => Promise<Stop | undefined>
  /** Sees everything that comes. */
  readonly received: (chunk: Uint8Array) => void
}

/** The most bytes of later windows that are read while one is judged. */
const mostAhead = 1_048_576
/** The longest body that is judged as a whole, in bytes. */
const mostHeld = 33_554_432

/** A body whose windows are judged before they are sent. */
export class ScreenedBody extends RewrittenBody {
  readonly #options: ScreenedBodyOptions
  readonly #cut = new CutSource()
  #beginning = new Uint8Array(0)
  #windows: Windows | undefined
  #ready: Array<Uint8Array> = []
  /** How the origin has ended. */
  #ended: ChunkRead | CutShort | undefined
  /** Resolvers to call once there is something new. */
  #reading: Promise<void> | undefined
  #judging: Promise<void> | undefined

  constructor(origin: GuardedBody, options: ScreenedBodyOptions) {
    super(origin)
    this.#options = options
  }

  async read(): Promise<ChunkRead> {
    for (;;) {
      const value = this.#ready.shift()
      if (value !== undefined) return { done: false, value }
      this.#judge()
      if (this.#ready.length > 0) continue
      if (this.#ended !== undefined && this.#judging === undefined) {
        if (this.#ended instanceof CutShort) throw this.#ended
        return this.#ended
      }
      this.#readOn()
      await (this.#judging === undefined
        ? this.#reading
        : this.#reading === undefined
        ? this.#judging
        : Promise.race([this.#reading, this.#judging]))
    }
  }
  override cancel(): void {
    this.#cut.cut("client_left")
    super.cancel()
  }

  #readOn(): void {
    if (this.#ended !== undefined || this.#reading !== undefined) return
    if (this.#judging !== undefined && (this.#windows?.held ?? 0) > mostAhead) return
    this.#reading = this.origin.read().then(
      ({ done, value }) => {
        this.#reading = undefined
        if (done) this.#finish({ done: true })
        else this.#take(value)
      },
      (cause: unknown) => {
        this.#reading = undefined
        this.#finish(cutShortBy(cause))
      },
    )
  }

  #take(chunk: Uint8Array): void {
    // A window was refused meanwhile.
    if (this.#ended !== undefined) return
    this.#options.received(chunk)
    if (this.#windows !== undefined) this.#windows.push(chunk)
    else {
      const beginning = concatBytes([this.#beginning, chunk], this.#beginning.length + chunk.length)
      const form = answerForm(this.#options, beginning)
      this.#beginning = beginning
      if (form !== undefined) this.#begin(form)
    }
    if ((this.#windows?.held ?? 0) > mostHeld) this.#refuse("unscanned")
  }

  #begin(form: BodyForm): void {
    const { framing } = this.#options
    this.#windows = form === "events" ? new EventWindows(framing) : new WholeWindow(framing, form)
    this.#windows.push(this.#beginning)
    this.#beginning = new Uint8Array(0)
  }

  #finish(how: ChunkRead | CutShort): void {
    if (this.#ended !== undefined) return
    this.#ended = how
    if (this.#windows === undefined && this.#beginning.length > 0) this.#begin("other")
    this.#windows?.finish()
  }

  /** Judges the next window if it is complete. A window without text is sent immediately. */
  #judge(): void {
    const windows = this.#windows
    while (windows?.isDue === true && this.#judging === undefined) {
      const text = windows.close()
      if (text.trim() === "") this.#pass(windows)
      else {
        this.#judging = this.#options.screen(text, this.#cut).then((stop) => {
          this.#judging = undefined
          if (stop === undefined) this.#pass(windows)
          else this.#refuse(stop)
        })
      }
    }
  }

  #pass(windows: Windows): void {
    // The rest of the body is not needed any more.
    if (this.#ended instanceof CutShort && this.#windows === undefined) return
    const bytes = windows.release()
    if (bytes.length > 0) this.#ready.push(bytes)
  }

  #refuse(stop: Stop): void {
    this.#ended = new CutShort(stop)
    this.#windows = undefined
    this.#cut.cut("client_left")
    this.origin.cancel()
  }
}
