/**
 * Facts about a JSON body: whether it is complete, whether it is an error, its usage.
 *
 * @module
 */
import { parseOrUndefined } from "../json/parse.ts"
import { usageInJson, usageInValue } from "../usage/reported-usage.ts"
import { laterUsage, type Usage } from "../usage/usage.ts"
import { type JsonSkeleton, jsonSkeleton } from "../json/outline.ts"
import { reportedError } from "./reported-error.ts"

/** Whether a body may report an error. What a model wrote lies within a string, where quotes are escaped. */
const mayReportError = (text: string): boolean =>
  text.includes('"failed"') || (text.includes('"error"') && /"error"(?!\s*:\s*(?:null|false))/.test(text))

/** Most bodies come in one chunk, whose size is then the capacity needed. */
const least = 512
const nothing = new Uint8Array(0)
const decoder = new TextDecoder()

/**
 * Reads a body: one object or list, or several in a row (JSON lines). It is buffered, and parsed on demand; if it is
 * too long, only its outline is kept. A class, since each call has one: V8 needs longer to make a dozen closures than
 * to inspect a short answer.
 */
export class JsonFacts {
  readonly #limit: number
  #held = nothing
  #length = 0
  /** The body as far as it had come when it was last parsed. */
  #text: string | undefined
  /** For a body that is too long. */
  #outline: JsonSkeleton | undefined
  #error: string | undefined
  #usage: Usage | undefined

  /** @param limit the most bytes to hold */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes the next bytes; keeps no reference to them. */
  push(bytes: Uint8Array): void {
    if (this.#outline !== undefined) return this.#outline.push(bytes)
    this.#text = undefined
    const length = this.#length + bytes.length
    if (length > this.#limit) {
      this.#outline = this.#newOutline()
      this.#outline.push(this.#held.subarray(0, this.#length))
      this.#held = nothing
      return this.#outline.push(bytes)
    }
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.min(this.#limit, Math.max(least, length, 2 * this.#length)))
      larger.set(this.#held.subarray(0, this.#length))
      this.#held = larger
    }
    this.#held.set(bytes, this.#length)
    this.#length = length
  }

  /** Whether the body may end here: its brackets have closed. */
  isWhole(): boolean {
    if (this.#outline !== undefined) return this.#outline.isWhole()
    if (parseOrUndefined(this.#look()) !== undefined) return true
    const outline = jsonSkeleton(() => {})
    outline.push(this.#held.subarray(0, this.#length))
    return outline.isWhole()
  }

  /** See `reportedError`. */
  error(): string | undefined {
    this.#look()
    return this.#error
  }

  usage(): Usage | undefined {
    this.#look()
    return this.#usage
  }

  #newOutline(): JsonSkeleton {
    this.#error = this.#usage = undefined
    return jsonSkeleton((text) => {
      const value = parseOrUndefined(text)
      this.#error ??= reportedError(value)
      this.#usage = laterUsage(this.#usage, usageInValue(value))
    })
  }

  #look(): string {
    if (this.#outline !== undefined || this.#text !== undefined) return this.#text ?? ""
    const bytes = this.#held.subarray(0, this.#length)
    const text = this.#text = decoder.decode(bytes)
    this.#usage = usageInJson(text)
    const value = mayReportError(text) ? parseOrUndefined(text) : undefined
    this.#error = reportedError(value)
    // Several values in a row, or what no parser takes but clients may (Python writes NaN).
    if (this.#usage === undefined && value === undefined && /"usage"|"error"/.test(text)) {
      this.#newOutline().push(bytes)
    }
    return text
  }
}
