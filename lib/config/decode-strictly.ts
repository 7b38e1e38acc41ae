/**
 * Decodes settings: every problem at once, and no key that is not known.
 *
 * @module
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"

/** What is wrong with a value, and where in it. Shows no value: it may be a secret. */
export interface Problem {
  readonly path: ReadonlyArray<string>
  /** What was expected there, as a clause; nothing where the key itself is not known. */
  readonly expected: string | undefined
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const problemsOf = (issue: SchemaIssue.Issue): ReadonlyArray<Problem> =>
  format(issue).issues.map(({ path = [], message }) => ({
    path: path.map(String),
    expected: message === "Expected no excess property"
      ? undefined
      : message.replace(/^./, (first) => first.toLowerCase()),
  }))

/** Makes the decoder of a schema. */
export const decodeStrictly = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
): (value: unknown) => Result.Result<S["Type"], ReadonlyArray<Problem>> => {
  const decode = SchemaParser.decodeUnknownResult(schema)
  return (value) => Result.mapError(decode(value, { errors: "all", onExcessProperty: "error" }), problemsOf)
}
