/**
 * Reads the members of a request's body one by one, and reports the problems of all at once.
 *
 * @module
 */
import { adminBadRequest } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { isObject, type JsonObject } from "../../json/parse.ts"
import { nearestName } from "../../schema/nearest-name.ts"

/** Each method returns `undefined` if the member is missing, `null` or wrong. */
export interface BodyMembers {
  /** Whether the body has the member, even as `null`. */
  readonly has: (name: string) => boolean
  readonly text: (name: string, longest?: number) => string | undefined
  readonly boolean: (name: string) => boolean | undefined
  readonly integer: (name: string, lowest: number, highest: number) => number | undefined
  readonly list: (name: string) => ReadonlyArray<unknown> | undefined
  /** Text that matches a pattern; `expected` describes it. */
  readonly matching: (name: string, pattern: RegExp, expected: string) => string | undefined
  /** The member, unchecked. */
  readonly any: (name: string) => unknown
  /** Reports a required member that is missing. */
  readonly require: (name: string, expected: string) => void
  readonly refuse: (problem: string) => undefined
  /** All problems; a member that was not read is one, too. */
  readonly problem: () => GatewayError | undefined
}

const mostProblems = 5

/** Opens a body. */
export const openMembers = (body: JsonObject): BodyMembers => {
  const asked = new Set<string>()
  const problems: Array<string> = []
  const refuse = (problem: string): undefined => {
    problems.push(problem)
  }
  const any = (name: string): unknown => {
    asked.add(name)
    return Object.hasOwn(body, name) ? body[name] ?? undefined : undefined
  }
  const read = <Value>(name: string, expected: string, decode: (value: unknown) => Value | undefined) => {
    const value = any(name)
    return value === undefined ? undefined : decode(value) ?? refuse(`${name}: expected ${expected}`)
  }
  return {
    has: (name) => Object.hasOwn(body, name),
    text: (name, longest = 4096) =>
      read(
        name,
        `text of up to ${longest} characters`,
        (value) => typeof value === "string" && value.length <= longest ? value : undefined,
      ),
    boolean: (name) => read(name, "true or false", (value) => typeof value === "boolean" ? value : undefined),
    integer: (name, lowest, highest) =>
      read(
        name,
        `a whole number from ${lowest} to ${highest}`,
        (value) =>
          Number.isSafeInteger(value) && Number(value) >= lowest && Number(value) <= highest
            ? Number(value)
            : undefined,
      ),
    list: (name) =>
      read(
        name,
        "a list",
        (value): ReadonlyArray<unknown> | undefined => Array.isArray(value) ? value : undefined,
      ),
    matching: (name, pattern, expected) =>
      read(name, expected, (value) => typeof value === "string" && pattern.test(value) ? value : undefined),
    any,
    require: (name, expected) => {
      asked.add(name)
      if (!Object.hasOwn(body, name) || body[name] === null) refuse(`${name}: expected ${expected}`)
    },
    refuse,
    problem: () => {
      for (const name of Object.keys(body)) {
        if (asked.has(name) || problems.length >= mostProblems) continue
        const nearest = nearestName(name, [...asked])
        refuse(
          `${name.slice(0, 64)}: unknown member; ` +
            (nearest === undefined ? `known are: ${[...asked].join(", ")}` : `perhaps ${nearest} was meant`),
        )
      }
      return problems.length === 0
        ? undefined
        : adminBadRequest(`${problems.slice(0, mostProblems).join("; ")}.`)
    },
  }
}

/** Whether two JSON values are equal, whatever the order of members. */
export const sameJson = (one: unknown, other: unknown): boolean => {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, at) => sameJson(value, other[at]))
  }
  if (!isObject(one) || !isObject(other)) return one === other
  const names = Object.keys(one)
  return names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && sameJson(one[name], other[name]))
}
