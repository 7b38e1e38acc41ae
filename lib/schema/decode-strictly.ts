/**
 * Decodes settings strictly: reports every problem at once, and takes no unknown key.
 *
 * @module
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { AST } from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import { nearestName } from "./nearest-name.ts"

/** What is wrong with a value, and where in it. Shows no value: it may be a secret. */
export interface DecodingProblem {
  readonly path: ReadonlyArray<string>
  /** What was expected there, as a clause; `undefined` if the key itself is unknown. */
  readonly expected: string | undefined
  /** The known key that an unknown one resembles most. */
  readonly meant: string | undefined
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** The keys that a schema allows at a path. */
const keysAt = (ast: AST, [key, ...rest]: ReadonlyArray<string>): ReadonlyArray<string> => {
  switch (ast._tag) {
    case "Union":
      return ast.types.flatMap((type) => keysAt(type, key === undefined ? [] : [key, ...rest]))
    case "Arrays":
      return key === undefined ? [] : ast.rest.flatMap((type) => keysAt(type, rest))
    case "Objects":
      if (key === undefined) return ast.propertySignatures.map(({ name }) => String(name))
      return [...ast.propertySignatures.filter(({ name }) => name === key), ...ast.indexSignatures]
        .flatMap(({ type }) => keysAt(type, rest))
    default:
      return []
  }
}

/** How far a value is from one form of a union: first by unknown keys, then by what is wrong or missing. */
const distanceOf = (issue: SchemaIssue.Issue): number => {
  switch (issue._tag) {
    case "Composite":
    case "AnyOf":
      return issue.issues.reduce((sum, inner) => sum + distanceOf(inner), 0)
    case "Pointer":
    case "Filter":
    case "Encoding":
      return distanceOf(issue.issue)
    case "UnexpectedKey":
      return 1_000_000
    case "MissingKey":
      return 1
    default:
      return 1_000
  }
}

/**
 * Reduces the issue of a union to its nearest form: what a value would need to be another form helps nobody.
 */
const likeliest = (issue: SchemaIssue.Issue): SchemaIssue.Issue => {
  const within = (changed: object): SchemaIssue.Issue =>
    Object.assign(Object.create(Object.getPrototypeOf(issue) as object) as SchemaIssue.Issue, issue, changed)
  switch (issue._tag) {
    case "AnyOf": {
      const [nearest] = issue.issues.toSorted((one, other) => distanceOf(one) - distanceOf(other))
      return nearest === undefined ? issue : likeliest(nearest)
    }
    case "Composite":
      return within({ issues: issue.issues.map(likeliest) })
    case "Pointer":
    case "Filter":
    case "Encoding":
      return within({ issue: likeliest(issue.issue) })
    default:
      return issue
  }
}

/** What Schema says of the kinds of values, in the words of those who write them. */
const kinds: Readonly<Record<string, string>> = {
  "Expected string": "expected text, in quotes",
  "Expected boolean": "expected true or false",
  "Expected number": "expected a number",
  "Expected array": "expected a list",
  "Expected object": "expected an object, {} if nothing is in it",
}

const orNull = " | null"

/** The same where nothing will do as well. */
const kindOf = (message: string): string | undefined =>
  message.endsWith(orNull)
    ? kinds[message.slice(0, -orNull.length)]?.replace(/$/, ", or null")
    : kinds[message]

const problemsOf = (ast: AST, issue: SchemaIssue.Issue): ReadonlyArray<DecodingProblem> =>
  format(likeliest(issue)).issues.map(({ path: keys = [], message }) => {
    const path = keys.map(String)
    return message === "Expected no excess property"
      ? { path, expected: undefined, meant: nearestName(path.at(-1) ?? "", keysAt(ast, path.slice(0, -1))) }
      : {
        path,
        expected: kindOf(message) ?? message.replace(/^./, (first) => first.toLowerCase()),
        meant: undefined,
      }
  })

/** Makes the decoder of a schema. */
export const decodeStrictly = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
): (value: unknown) => Result.Result<S["Type"], ReadonlyArray<DecodingProblem>> => {
  const decode = SchemaParser.decodeUnknownResult(schema)
  return (value) =>
    Result.mapError(
      decode(value, { errors: "all", onExcessProperty: "error" }),
      (issue) => problemsOf(schema.ast, issue),
    )
}
