/**
 * Reads the filters of a query, in every notation that clients use.
 *
 * - `filters=[{"key":"model","operator":"eq","value":["m"]}]`: JSON.
 * - `filters.key=model&filters.operator=eq&filters.value=m`: how Cloudflare's SDKs write an array of objects. Several
 *   filters follow one another, each with its members in the caller's order.
 * - `filters[0][key]=model&filters[0][value][]=m` and the like: how other clients number them.
 *
 * @module
 */
import { parseExactly } from "../json/exact-json.ts"
import type { LogFilter } from "../request-log/query.ts"
import { filterOf, type UncheckedFilter } from "./parse-filter.ts"
import type { QueryParameters } from "./query-parameters.ts"

const filterName = /^filters(?:$|[.[])/

/** The filter's number, if it has one, and the member's name. */
const memberName =
  /^filters(?:\.(\d{1,4})|\[(\d{0,4})\])?(?:\.|\[)(key|operator|value)\]?(?:\.\d{1,4}|\[\d{0,4}\])?$/

type Member = "key" | "operator" | "value"

/** With more, the resulting expression exceeds SQLite's limit. */
const mostFilters = 50

/** Filters in JSON: a list, or a single one. `undefined` if it is not JSON. */
const fromJson = (text: string): ReadonlyArray<UncheckedFilter> | undefined => {
  try {
    const parsed = parseExactly(text)
    return (Array.isArray(parsed) ? parsed : [parsed]).map((item: unknown) => {
      const { key, operator, value } = Object(item) as Partial<Record<Member, unknown>>
      return { key, operator, values: Array.isArray(value) ? value : value === undefined ? [] : [value] }
    })
  } catch {
    return undefined
  }
}

/** Reassembles filters whose members arrive one by one. Returns a function that finds a member's filter. */
const assembly = (filters: Array<UncheckedFilter>) => {
  const numbered = new Map<string, UncheckedFilter>()
  let open: UncheckedFilter | undefined
  let first: Member
  let last: Member
  const begin = (): UncheckedFilter => {
    const filter: UncheckedFilter = { values: [] }
    filters.push(filter)
    return filter
  }
  return (member: Member, number: string): UncheckedFilter => {
    if (number !== "") {
      const filter = numbered.get(number) ?? begin()
      numbered.set(number, filter)
      return filter
    }
    // A repeated member begins the next filter; so do values, if the last filter began with its values.
    const isNext = open === undefined ||
      (member === "value" ? first === "value" && last !== "value" : open[member] !== undefined)
    if (open === undefined || isNext) {
      open = begin()
      first = member
    }
    last = member
    return open
  }
}

/** The filters of a query, in their order. Problems are added to `parameters`. */
export const readFilters = (parameters: QueryParameters): ReadonlyArray<LogFilter> => {
  const written: Array<UncheckedFilter> = []
  const filterFor = assembly(written)
  for (const [name, text] of parameters.matching("filters", filterName)) {
    if (name === "filters") {
      const filters = text === "" ? [] : fromJson(text)
      if (filters === undefined) parameters.refuse("filters takes a JSON array of {key, operator, value}.")
      else written.push(...filters)
      continue
    }
    const [, dotted, bracketed, member] = memberName.exec(name) ?? []
    if (member === undefined) {
      parameters.refuse(
        `${name.slice(0, 64)} is not part of a filter; its parts are key, operator and value.`,
      )
      continue
    }
    const filter = filterFor(member as Member, dotted ?? bracketed ?? "")
    if (member === "value") filter.values.push(text)
    else if (filter[member as "key"] === undefined) filter[member as "key"] = text
    else parameters.refuse(`${name} is there twice.`)
  }
  if (written.length > mostFilters) {
    parameters.refuse(`There are ${written.length} filters; at most ${mostFilters} are taken.`)
  }
  return written.flatMap((one) => {
    const filter = filterOf(one)
    if (typeof filter !== "string") return [filter]
    parameters.refuse(`filters: ${filter}`)
    return []
  })
}
