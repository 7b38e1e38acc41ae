/**
 * Schemas whose errors say in words what was expected.
 *
 * Schema's own checks carry JSON Schema, generators and code as well: 2 kB that a Worker does not need.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The message shows no value, which may be a secret; the annotation is for pages and for the JSON Schema. */
const holds = <Value>(expected: string, test: (value: Value) => boolean) =>
  Schema.makeFilter((value: Value) => test(value) ? undefined : `Expected ${expected}`, { expected })

/** Text that passes a test. */
export const text = (expectation: string, test: (value: string) => boolean) =>
  Schema.String.check(holds(expectation, test))

/** Text that is not empty. */
export const someText = text("text", (value) => value !== "")

/** One of some words. */
export const oneOf = <const Words extends ReadonlyArray<string>>(...words: Words) =>
  Schema.String.pipe(
    Schema.refine((value): value is Words[number] => words.includes(value), { expected: words.join(" or ") }),
  )

/** A whole number within bounds, which are included. */
export const integer = (lowest: number, highest: number) =>
  Schema.Number.check(
    holds(
      `a whole number from ${lowest} to ${highest}`,
      (value) => Number.isSafeInteger(value) && value >= lowest && value <= highest,
    ),
  )

/** A whole number from 1. */
export const positiveInteger = Schema.Number.check(
  holds("a whole number from 1", (value) => Number.isSafeInteger(value) && value > 0),
)

/** A number within bounds, which are included. */
export const number = (lowest: number, highest: number) =>
  Schema.Number.check(
    holds(`a number from ${lowest} to ${highest}`, (value) => value >= lowest && value <= highest),
  )

/** An object whose keys the operator chooses. */
export const recordOf = <Value extends Schema.Top>(
  expectation: string,
  isKey: (key: string) => boolean,
  value: Value,
) =>
  Schema.Record(Schema.String, value).check(
    holds(`keys that are ${expectation}`, (record) => Object.keys(record).every(isKey)),
  )
