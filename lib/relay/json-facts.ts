/**
 * What a JSON body tells: that it is whole, that it is an error, what it took.
 *
 * @module
 */
import { usageInJson, usageInValue } from "../meter/told-usage.ts"
import { laterUsage, type Usage } from "../meter/usage.ts"
import { type JsonSkeleton, jsonSkeleton } from "../meter/json-skeleton.ts"
import { toldError } from "./told-error.ts"

/** What has been told so far. */
export interface JsonFacts {
  /** Looks at all of a body at once. */
  readonly look: (text: string) => void
  /** Takes the next bytes of a body that is too long for that; keeps no reference to them. */
  readonly push: (bytes: Uint8Array) => void
  /** Whether the body is taken in pieces. */
  readonly isLong: () => boolean
  /** Whether the body may end here: its brackets have closed. */
  readonly isWhole: () => boolean
  /** See `toldError`. */
  readonly error: () => string | undefined
  readonly usage: () => Usage | undefined
}

/** What a body that tells of an error has in it. What a model wrote lies within a string, where quotes are escaped. */
const mark = /"error"(?!\s*:\s*(?:null|false))|"failed"/

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Starts to look at a body: one object or list, or several in a row (JSON lines). See `usageOf` for `cachedApart`. */
export const jsonFacts = (cachedApart: boolean): JsonFacts => {
  let error: string | undefined
  let usage: Usage | undefined
  let text: string | undefined
  let long = false

  let skeleton: JsonSkeleton | undefined

  const takePieces = (bytes: Uint8Array): void => {
    skeleton ??= jsonSkeleton((outline) => {
      const value = parsed(outline)
      error ??= toldError(value)
      usage = laterUsage(usage, usageInValue(value, cachedApart))
    })
    skeleton.push(bytes)
  }

  return {
    look: (given) => {
      text = given
      usage = usageInJson(given, cachedApart)
      const value = mark.test(given) ? parsed(given) : undefined
      error = toldError(value)
      // Several values in a row, or what no parser takes but clients may (Python writes NaN).
      if (usage === undefined && value === undefined && /"usage"|"error"/.test(given)) {
        takePieces(new TextEncoder().encode(given))
      }
    },
    push: (bytes) => {
      long = true
      takePieces(bytes)
    },
    isLong: () => long,
    isWhole: () => {
      if (text === undefined) return skeleton?.isWhole() ?? false
      if (parsed(text) !== undefined) return true
      const whole = jsonSkeleton(() => {})
      whole.push(new TextEncoder().encode(text))
      return whole.isWhole()
    },
    error: () => error,
    usage: () => usage,
  }
}
