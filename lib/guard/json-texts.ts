/**
 * Where the texts are in JSON, and what they are called: its strings, as they are written.
 *
 * Reads what no parser takes, too: a stream of JSON values, or one that was cut.
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
  /** Its place in a list. */
  readonly place: number
  /** Its members whose names end in `index`. */
  readonly indexes: Map<string, number>
}

/** A string that is no member's name. */
export interface JsonText {
  /** Behind its opening quote. */
  readonly start: number
  /** At its closing quote. */
  readonly end: number
  /** The member that it is the value of; of a list's element, that of the list. */
  readonly name: string
  /** Its place, if its container is a list. */
  readonly place: number
  readonly container: Container
}

/** A value that is an object or a list. */
export interface JsonPart {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** What JSON holds. */
export interface JsonTexts {
  readonly texts: ReadonlyArray<JsonText>
  /** Its log probabilities, which repeat texts in other words. */
  readonly logprobs: ReadonlyArray<JsonPart>
}

const top: Container = { name: "", parent: undefined, isList: true, place: 0, indexes: new Map() }

/** The index of the quote that closes a string, or of the end. */
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

/** Finds the texts between two indexes. Takes linear time, whatever the nesting. */
export const jsonTexts = (text: string, from: number, to: number): JsonTexts => {
  const texts: Array<JsonText> = []
  const logprobs: Array<JsonPart> = []
  const starts: Array<number> = []
  let container = top
  let name = ""
  let isName = false
  let place = 0
  const places: Array<number> = []
  for (let at = from; at < to; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = closingQuote(text, at + 1, to)
        if (isName) {
          name = nameOf(text.slice(at + 1, end))
          isName = false
        } else texts.push({ start: at + 1, end, name, place, container })
        at = end
        break
      }
      case 0x7b:
      case 0x5b: {
        const isList = text.charCodeAt(at) === 0x5b
        container = { name, parent: container, isList, place, indexes: new Map() }
        starts.push(at)
        places.push(place)
        place = 0
        isName = !isList
        break
      }
      case 0x7d:
      case 0x5d: {
        const start = starts.pop()
        if (start === undefined || container.parent === undefined) break
        if (container.name === "logprobs") logprobs.push({ name: container.name, start, end: at + 1 })
        name = container.name
        container = container.parent
        place = places.pop() ?? 0
        isName = false
        break
      }
      case 0x2c:
        if (container.isList) place++
        isName = !container.isList
        break
      default:
        if (name.endsWith("index") && !container.isList && !container.indexes.has(name)) {
          const [digits] = /^\d{1,9}/.exec(text.slice(at, at + 9)) ?? []
          if (digits !== undefined) container.indexes.set(name, Number(digits))
        }
    }
  }
  return { texts, logprobs }
}
