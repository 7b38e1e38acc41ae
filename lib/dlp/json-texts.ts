/**
 * Finds the texts of JSON, which are its strings, and the members that they belong to. Positions are those in the
 * source text.
 *
 * Accepts what a parser would reject, such as several values in a row or one that was cut off.
 *
 * @module
 */
import { parseOrUndefined } from "../json/parse.ts"

/** An object or a list. */
export interface Container {
  /** The member that it is the value of; of a list's element, that of the list. */
  readonly name: string
  readonly parent: Container | undefined
  readonly isList: boolean
  /** Its index, if its container is a list. */
  readonly place: number
  /** Its members whose names end in `index`; `undefined` if there are none. */
  indexes: Map<string, number> | undefined
}

/** A string that is a value, not a member's name. */
export interface JsonText {
  /** After its opening quote. */
  readonly start: number
  /** At its closing quote. */
  readonly end: number
  /** The member that it is the value of; of a list's element, that of the list. */
  readonly name: string
  /** Its index, if its container is a list. */
  readonly place: number
  readonly container: Container
}

/** A value that is an object or a list. */
export interface JsonPart {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** What was found in a JSON text. */
export interface JsonTexts {
  readonly texts: ReadonlyArray<JsonText>
  /** Its log probabilities and tokens, which repeat the texts. In order, and not nested. */
  readonly repeats: ReadonlyArray<JsonPart>
}

const top: Container = { name: "", parent: undefined, isList: true, place: 0, indexes: undefined }

/**
 * Containers nested deeper count as their ancestor at this depth: a check of one text may walk up all of its
 * containers.
 */
const deepest = 32
/** The most texts and containers that are told apart. */
const most = 500_000

/** Includes members of vLLM, SGLang and TensorRT-LLM. */
const repeatsText = (name: string): boolean =>
  name.endsWith("logprobs") || name.endsWith("token_ids") || name === "output_ids"

/** The index of a string's closing quote; `to` if there is none. */
const closingQuote = (text: string, from: number, to: number): number => {
  for (let at = text.indexOf('"', from); at !== -1 && at < to; at = text.indexOf('"', at + 1)) {
    let slashes = at
    while (slashes > from && text[slashes - 1] === "\\") slashes--
    if ((at - slashes) % 2 === 0) return at
  }
  return to
}

const nameOf = (written: string): string => {
  if (!written.includes("\\")) return written
  const name = parseOrUndefined(`"${written}"`)
  return typeof name === "string" ? name : written
}

/**
 * Finds the texts between two indexes. Takes linear time, whatever the nesting.
 *
 * @returns `undefined` if there are too many; treat everything as one text then
 */
export const jsonTexts = (text: string, from: number, to: number): JsonTexts | undefined => {
  const texts: Array<JsonText> = []
  const repeats: Array<JsonPart> = []
  let container = top
  let containers = 0
  let name = ""
  let isName = false
  let isList = true
  let place = 0
  /** For each open object or list: whether its container is a list, its index there, and its name. */
  const outer: Array<{ readonly isList: boolean; readonly place: number; readonly name: string }> = []
  /** The outermost part that repeats texts and is still open. */
  let hidden: { readonly name: string; readonly start: number; readonly depth: number } | undefined
  for (let at = from; at < to; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = closingQuote(text, at + 1, to)
        if (isName) {
          name = nameOf(text.slice(at + 1, end))
          isName = false
        } else {
          texts.push({ start: at + 1, end, name, place, container })
          if (texts.length > most) return undefined
        }
        at = end
        break
      }
      case 0x7b:
      case 0x5b: {
        outer.push({ isList, place, name })
        if (outer.length > most) return undefined
        isList = text.charCodeAt(at) === 0x5b
        if (outer.length <= deepest) {
          container = { name, parent: container, isList, place, indexes: undefined }
          if (++containers > most) return undefined
        }
        if (hidden === undefined && repeatsText(name)) hidden = { name, start: at, depth: outer.length }
        place = 0
        isName = !isList
        break
      }
      case 0x7d:
      case 0x5d: {
        if (outer.length <= deepest) container = container.parent ?? top
        if (hidden?.depth === outer.length) {
          repeats.push({ name: hidden.name, start: hidden.start, end: at + 1 })
          hidden = undefined
        }
        const opened = outer.pop()
        if (opened === undefined) break
        ;({ isList, place, name } = opened)
        isName = false
        break
      }
      case 0x2c:
        if (isList) place++
        isName = !isList
        break
      default:
        if (name.endsWith("index") && !container.isList && container.indexes?.has(name) !== true) {
          const [digits] = /^\d{1,9}/.exec(text.slice(at, at + 9)) ?? []
          if (digits !== undefined) (container.indexes ??= new Map()).set(name, Number(digits))
        }
    }
  }
  return { texts, repeats }
}
