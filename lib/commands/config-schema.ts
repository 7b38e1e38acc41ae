/**
 * The JSON Schema of the settings, for editors. The gateway itself checks more than the schema can express.
 *
 * @module
 */
import type { AST } from "effect/SchemaAST"
import { Variables } from "../config/variables.ts"
import { type DocComment, docComments, settingFiles } from "./doc-comments.ts"

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The expectation of each check of a value, in the words of its failure. */
export const expectedOf = (ast: AST): ReadonlyArray<string> =>
  (ast.checks ?? []).flatMap(({ annotations }) =>
    typeof annotations?.["expected"] === "string" ? [annotations["expected"]] : []
  )

/** The words of `oneOf`, whose check is a guard: the only one that ends the decoding. */
export const oneOfWords = (ast: AST): ReadonlyArray<string> | undefined => {
  const guard = ast.checks?.find((check) => check._tag === "Filter" && check.aborted)
  const expected = guard?.annotations?.["expected"]
  return typeof expected === "string" ? expected.split(" or ") : undefined
}

const boundsOf = (expected: string): JsonSchema => {
  const [, whole, from, to] = /^a (whole )?number from (\S+?)(?: to (\S+))?$/.exec(expected) ?? []
  return {
    type: whole === undefined ? "number" : "integer",
    ...(from !== undefined && { minimum: Number(from) }),
    ...(to !== undefined && { maximum: Number(to) }),
  }
}

/** The keys of which an object has exactly one. */
const eitherOf = (ast: AST): JsonSchema => {
  const either = ast.checks?.map(({ annotations }) => annotations?.["either"]).find(Array.isArray)
  return either === undefined ? {} : { oneOf: either.map((name: string) => ({ required: [name] })) }
}

const schemaOf = (ast: AST): JsonSchema => {
  const [expected] = expectedOf(ast)
  switch (ast._tag) {
    case "Boolean":
      return { type: "boolean" }
    case "Null":
      return { type: "null" }
    case "Number":
      return boundsOf(expected ?? "")
    case "String": {
      const words = oneOfWords(ast)
      return words === undefined
        ? { type: "string", ...(expected !== undefined && { description: expected }) }
        : { enum: words }
    }
    case "Arrays": {
      const [items] = ast.rest
      return {
        type: "array",
        ...(items !== undefined && { items: schemaOf(items) }),
        ...(ast.elements.length > 0 && { minItems: ast.elements.length }),
      }
    }
    case "Union":
      return { anyOf: ast.types.map(schemaOf) }
    case "Objects": {
      const [others] = ast.indexSignatures
      const properties = ast.propertySignatures.map(({ name, type }) => [String(name), schemaOf(type)])
      const required = ast.propertySignatures.filter(({ type }) => type.context?.isOptional !== true)
      return {
        type: "object",
        ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
        ...(required.length > 0 && { required: required.map(({ name }) => String(name)) }),
        ...eitherOf(ast),
        additionalProperties: others === undefined ? false : schemaOf(others.type),
        ...(others !== undefined && expected !== undefined && { description: expected }),
      }
    }
    default:
      return {}
  }
}

/** Removes relative links, which would be dead outside of the page. */
const withoutLinks = (text: string): string => text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1")

/** A default that is one value, as that value; other defaults are described in words. */
const defaultOf = (text: string): JsonSchema => {
  const [, code] = /^`([^`]*)`$/.exec(text) ?? []
  try {
    return code === undefined ? {} : { default: JSON.parse(code) as unknown }
  } catch {
    return {}
  }
}

const withComment = (property: JsonSchema, { text, default: given }: DocComment): JsonSchema => {
  const known = defaultOf(given)
  const inWords = given === "" || given === "none" || Object.hasOwn(known, "default")
    ? ""
    : `\n\nDefault: ${given}.`
  return { ...property, description: withoutLinks(text + inWords), ...known }
}

const described = (schema: JsonSchema): JsonSchema => {
  const comments = settingFiles.flatMap(docComments)
  const properties = Object.entries(schema["properties"] as Record<string, JsonSchema>)
  return {
    ...schema,
    properties: Object.fromEntries(properties.map(([name, property]) => {
      const comment = comments.find(({ names }) => names.includes(name))
      return [name, comment === undefined ? property : withComment(property, comment)]
    })),
  }
}

/** The schema of the settings, with the comments of their source as descriptions. */
export const configSchema = (): JsonSchema => {
  const config = schemaOf(Variables.fields.BASEGATE_CONFIG.ast)
  const { gateways, defaults } = config["properties"] as Record<string, JsonSchema>
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "basegate settings",
    ...config,
    properties: {
      gateways: {
        ...gateways,
        additionalProperties: described(gateways?.["additionalProperties"] as JsonSchema),
      },
      defaults: {
        description: "What lies below every entry: each setting that an entry does not have, whole.",
        ...described(defaults as JsonSchema),
      },
    },
  }
}
