/**
 * Reads a query's parameters one by one, and reports the problems of all at once.
 *
 * @module
 */
import { nearestName } from "../schema/nearest-name.ts"
import { adminBadRequest } from "../errors/admin-errors.ts"
import type { GatewayError } from "../errors.ts"

/** Each method returns `undefined` if the parameter is missing, empty or wrong. */
export interface QueryParameters {
  readonly text: (name: string, longest: number) => string | undefined
  /** A finite number within inclusive bounds. */
  readonly number: (name: string, lowest: number, highest: number) => number | undefined
  readonly integer: (name: string, lowest: number, highest: number) => number | undefined
  readonly boolean: (name: string) => boolean | undefined
  readonly oneOf: <Word extends string>(name: string, words: ReadonlyArray<Word>) => Word | undefined
  /** A moment in milliseconds since 1970, from an ISO date. */
  readonly date: (name: string) => number | undefined
  /** Parses the text with a function; `expected` says what it accepts. */
  readonly decoded: <Value>(
    name: string,
    expected: string,
    decode: (text: string) => Value | undefined,
  ) => Value | undefined
  /** The parameters that match a pattern, in their order, known under one name. */
  readonly matching: (known: string, pattern: RegExp) => ReadonlyArray<readonly [name: string, value: string]>
  /** Adds a problem. */
  readonly refuse: (problem: string) => undefined
  /**
   * All problems. A parameter that was not read is one, too: if a misspelt filter were ignored, a DELETE would delete
   * too much.
   */
  readonly problem: () => GatewayError | undefined
}

const isoDate = /^\d{4}-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?$/

/** The milliseconds since 1970 of an ISO date; without a zone it is in UTC, whatever the server's zone. */
export const timeOf = (text: string): number | undefined => {
  const match = isoDate.exec(text)
  if (match === null) return undefined
  const time = Date.parse(match[1] === undefined && text.includes("T") ? `${text}Z` : text)
  return Number.isNaN(time) ? undefined : time
}

/** A number in decimal notation. */
export const parseDecimal = (text: string): number | undefined =>
  /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
    ? Number(text)
    : undefined

/** How many problems are reported at once. */
const mostProblems = 5

/** Opens the parameters of a query. */
export const openParameters = (search: URLSearchParams): QueryParameters => {
  const asked = new Set<string>()
  const patterns: Array<RegExp> = []
  const problems: Array<string> = []
  const refuse = (problem: string): undefined => {
    problems.push(problem)
  }
  const read = <Value>(name: string, expected: string, decode: (text: string) => Value | undefined) => {
    asked.add(name)
    const [text = "", ...more] = search.getAll(name)
    if (more.length > 0) return refuse(`${name} is there ${more.length + 1} times: send it once.`)
    return text === "" ? undefined : decode(text) ?? refuse(`${name} takes ${expected}.`)
  }
  const number = (name: string, lowest: number, highest: number, what: string, fits = Number.isFinite) =>
    read(name, `${what} from ${lowest} to ${highest}`, (text) => {
      const value = parseDecimal(text)
      return value !== undefined && fits(value) && value >= lowest && value <= highest ? value : undefined
    })
  const oneOf = <Word extends string>(name: string, words: ReadonlyArray<Word>) =>
    read(name, words.join(" or "), (text) => words.find((word) => word === text))
  return {
    text: (name, longest) =>
      read(name, `up to ${longest} characters`, (text) => text.length <= longest ? text : undefined),
    number: (name, lowest, highest) => number(name, lowest, highest, "a number"),
    integer: (name, lowest, highest) => number(name, lowest, highest, "a whole number", Number.isSafeInteger),
    boolean: (name) => {
      const word = oneOf(name, ["true", "false"])
      return word === undefined ? undefined : word === "true"
    },
    oneOf,
    date: (name) => read(name, "an ISO date such as 2026-11-25T12:00:00Z", timeOf),
    decoded: read,
    matching: (known, pattern) => {
      asked.add(known)
      patterns.push(pattern)
      return [...search].filter(([name]) => pattern.test(name))
    },
    refuse,
    problem: () => {
      for (const name of new Set(search.keys())) {
        // The nearest name is looked up only for problems that are reported: a query has room for thousands of names.
        if (problems.length >= mostProblems) break
        if (asked.has(name) || patterns.some((pattern) => pattern.test(name))) continue
        const nearest = nearestName(name, [...asked])
        const known = nearest === undefined
          ? `known are: ${[...asked].join(", ")}`
          : `perhaps ${nearest} was meant`
        refuse(`There is no parameter ${name.slice(0, 64)}; ${known}.`)
      }
      return problems.length === 0 ? undefined : adminBadRequest(problems.slice(0, mostProblems).join(" "))
    },
  }
}
