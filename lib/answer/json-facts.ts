/**
 * What a JSON body tells: that it is whole, that it is an error, what it took.
 *
 * @module
 */
import { parseOrUndefined } from "../json/parse.ts"
import { usageInJson, usageInValue } from "../usage/reported-usage.ts"
import { laterUsage, type Usage } from "../usage/usage.ts"
import { type JsonSkeleton, jsonSkeleton } from "../json/outline.ts"
import { reportedError } from "./reported-error.ts"

/** What has been told so far. */
export interface JsonFacts {
  /** Looks at all of a body at once. */
  readonly look: (text: string) => void
  /** Takes the next bytes of a body that is too long for that; keeps no reference to them. */
  readonly push: (bytes: Uint8Array) => void
  /** Whether the body may end here: its brackets have closed. */
  readonly isWhole: () => boolean
  /** See `toldError`. */
  readonly error: () => string | undefined
  readonly usage: () => Usage | undefined
}

/** Whether a body may tell of an error. What a model wrote lies within a string, where quotes are escaped. */
const mayTellError = (text: string): boolean =>
  text.includes('"failed"') || (text.includes('"error"') && /"error"(?!\s*:\s*(?:null|false))/.test(text))

/** Starts to look at a body: one object or list, or several in a row (JSON lines). */
export const jsonFacts = (): JsonFacts => new Facts()

/** A class for the same reason as the watch. */
class Facts implements JsonFacts {
  #error: string | undefined
  #usage: Usage | undefined
  #text: string | undefined
  #skeleton: JsonSkeleton | undefined

  look(text: string): void {
    this.#text = text
    this.#usage = usageInJson(text)
    const value = mayTellError(text) ? parseOrUndefined(text) : undefined
    this.#error = reportedError(value)
    // Several values in a row, or what no parser takes but clients may (Python writes NaN).
    if (this.#usage === undefined && value === undefined && /"usage"|"error"/.test(text)) {
      this.push(new TextEncoder().encode(text))
    }
  }

  push(bytes: Uint8Array): void {
    this.#skeleton ??= jsonSkeleton((outline) => {
      const value = parseOrUndefined(outline)
      this.#error ??= reportedError(value)
      this.#usage = laterUsage(this.#usage, usageInValue(value))
    })
    this.#skeleton.push(bytes)
  }

  isWhole(): boolean {
    const text = this.#text
    if (text === undefined) return this.#skeleton?.isWhole() ?? false
    if (parseOrUndefined(text) !== undefined) return true
    const whole = jsonSkeleton(() => {})
    whole.push(new TextEncoder().encode(text))
    return whole.isWhole()
  }

  error(): string | undefined {
    return this.#error
  }
  usage(): Usage | undefined {
    return this.#usage
  }
}
