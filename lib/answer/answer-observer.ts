/**
 * Observes an answer as it passes: its form, how it ends, its usage, whether it reports an error. Removes the usage from
 * what the client gets, if only the gateway requested it.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import type { BodyCut } from "../upstream/guarded-body.ts"
import { type BodyForm, formOf, type Framing } from "../sse/framing.ts"
import { type AnswerModel, answerModel } from "../usage/answer-model.ts"
import { jsonLineFilter, type LineFilter } from "../usage/line-filter.ts"
import type { Usage } from "../usage/usage.ts"
import { cutNotice } from "./cut-notice.ts"
import { JsonFacts } from "./json-facts.ts"
import { StreamObserver } from "./stream-observer.ts"

/** What is known of an answer before it passes, and what to find in it. */
export interface ObservedAnswer {
  /** How events are framed, if that is known. The first bytes then determine the body's form, otherwise its label does. */
  readonly framing: Framing | undefined
  /** The form according to the answer's headers. */
  readonly label: BodyForm
  /** Whether a stream was requested. */
  readonly asked: boolean
  /** Whether to remove the usage from a stream of events or of JSON lines. */
  readonly removesUsage?: boolean
  /** Whether to find the answer's model, and whether it is made in the background. */
  readonly findsModel?: boolean
  /** The most bytes to hold at a time, at least 64. */
  readonly limit?: number
}

const defaultLimit = 65_536
/** The longest event whose usage is still removed. */
const removalLimit = 1_048_576
/** More white space than this, in bytes, begins no known form. */
const mostBlanks = 4096
/** More than the name of any field. */
const longestField = 64

const none = new Uint8Array(0)
const encoder = new TextEncoder()
const LF = 0x0a, CR = 0x0d

/** An answer under observation. A class, since each call has one: its shape is fixed and its methods are shared. */
export class AnswerObserver {
  /** Whether a framed stream is expected, to which the gateway can add an event of its own if it is cut. */
  readonly streams: boolean
  readonly #answer: ObservedAnswer
  #form: BodyForm | undefined
  /** The beginning of a body whose form is not known yet, and how much of it has come. */
  #beginning: Uint8Array = none
  #begun = 0
  #events: StreamObserver | undefined = undefined
  #json: JsonFacts | undefined = undefined
  #lines: LineFilter | undefined = undefined
  readonly #model: AnswerModel | undefined

  constructor(answer: ObservedAnswer) {
    const { framing, label, asked, findsModel } = answer
    this.streams = framing !== undefined && (asked || label === "events")
    this.#answer = answer
    this.#model = findsModel === true ? answerModel() : undefined
    if (framing === undefined) this.#begin(label)
  }

  /** Whether the model has begun to write; always false if the body is not an event stream. */
  get hasToken(): boolean {
    return this.#events?.hasToken ?? false
  }

  /**
   * Takes the next bytes; keeps no reference to them, and does not change them.
   *
   * @returns what can be passed on, possibly nothing: the chunk itself, unless the usage is removed
   */
  push(chunk: Uint8Array): Uint8Array {
    this.#model?.push(chunk)
    if (this.#events !== undefined) return this.#events.push(chunk)
    if (this.#form === undefined) return this.#pushBeginning(chunk)
    this.#json?.push(chunk)
    return this.#lines === undefined ? chunk : this.#lines.push(chunk)
  }

  /** What is still held back at the regular end of the body. */
  finish(): Uint8Array {
    if (this.#answer.removesUsage !== true) return none
    return this.#events?.finish() ?? this.#lines?.finish() ?? this.#beginning
  }

  /** The answer's form; `undefined` while it is not known. */
  form(): BodyForm | undefined {
    return this.#form
  }

  /** Whether the event, or the line, that ends a framed stream has passed. */
  isComplete(): boolean {
    return this.#answer.framing !== undefined && this.#events !== undefined && this.#events.isComplete()
  }

  /** Whether an answer of unknown length may end here. */
  mayEnd(): boolean {
    switch (this.#form) {
      case "events":
        return this.#answer.framing === undefined || this.isComplete()
      case "json":
        return this.#json?.isWhole() ?? false
      case "other":
        return true
      case undefined:
        return !this.streams
    }
  }

  /**
   * The bytes that report to the client that its stream was cut short: none if Baseten has sent an error already, and
   * `undefined` if the answer is not a stream that can report it, so that its connection has to.
   */
  closing(cut: BodyCut): Uint8Array | undefined {
    const { framing } = this.#answer
    if (!this.streams || framing === undefined || (this.#form ?? "events") !== "events") return undefined
    const events = this.#events
    if (events?.clientKnows()) return none
    const boundary = (events?.isWithinEvent() ?? this.#begun > 0) ? "\n\n" : ""
    return encoder.encode(boundary + cutNotice(framing, cut, events?.sequence() ?? -1, events?.response()))
  }

  /** The error that the answer reports; see `reportedError`. */
  error(): string | undefined {
    return this.#events?.error() ?? this.#json?.error()
  }

  /**
   * The last reported usage, also of a stream that was cut short; `undefined` if there was none. A JSON body that was cut
   * short has no usage, but only the caller knows that it was.
   */
  usage(): Usage | undefined {
    return this.#events?.usage() ?? this.#json?.usage()
  }

  /** Roughly how many tokens a stream has had; to be called once, at its end. `undefined` if it had no text. */
  outputTokens(): number | undefined {
    return this.#answer.framing === undefined ? undefined : this.#events?.outputTokens()
  }

  /** The model that the answer names, if `findsModel`; `undefined` if it names none. */
  model(): string | undefined {
    return this.#model?.finish(this.#form === "events")
  }

  /** Whether the answer says that it is made in the background, if `findsModel`. */
  isBackground(): boolean {
    return this.#model?.isBackground(this.#form === "events") ?? false
  }

  #begin(form: BodyForm): void {
    const { framing, removesUsage = false, limit = removesUsage ? removalLimit : defaultLimit } = this.#answer
    this.#form = form
    if (form === "events") this.#events = new StreamObserver(framing ?? "chat", limit, removesUsage)
    else if (form === "json") {
      this.#json = new JsonFacts(Math.min(limit, defaultLimit))
      if (removesUsage) this.#lines = jsonLineFilter()
    }
  }

  #pushBeginning(chunk: Uint8Array): Uint8Array {
    const held = this.#beginning
    const beginning = held.length === 0 ? chunk : concatBytes([held, chunk], held.length + chunk.length)
    this.#begun += chunk.length
    const form = this.#formOf(beginning)
    if (form === undefined) return this.#hold(beginning, chunk)
    this.#beginning = none
    this.#begin(form)
    this.#json?.push(beginning)
    const passed = this.#events?.push(beginning) ?? this.#lines?.push(beginning) ?? beginning
    return this.#answer.removesUsage === true ? passed : chunk
  }

  #formOf(beginning: Uint8Array): BodyForm | undefined {
    const form = formOf(beginning)
    // After an unknown first line, the label still decides what may follow.
    if (form === "other" && this.#answer.label === "events") return "events"
    return form ?? (this.#begun > mostBlanks ? (this.streams ? "events" : "other") : undefined)
  }

  /**
   * Blank lines keep a connection alive and are passed on. The beginning of a field's name is not, since its event
   * may have to be held back.
   */
  #hold(beginning: Uint8Array, chunk: Uint8Array): Uint8Array {
    const last = beginning[beginning.length - 1]
    const goesOn = last === LF || last === CR || beginning.length >= longestField
    this.#beginning = goesOn ? none : beginning.slice()
    if (this.#answer.removesUsage !== true) return chunk
    return goesOn ? beginning : none
  }
}
