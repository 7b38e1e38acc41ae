/** A value that fits a JSON schema, for tool arguments and structured answers. Deterministic. */
import { isObject, listIn, objectIn } from "./values.ts"

export function sampleFor(schema: unknown, words: string): unknown {
  const shape = objectIn(schema)
  const choices = listIn(shape["enum"])
  if (choices.length > 0) return choices[0]
  if ("const" in shape) return shape["const"]
  const alternative = listIn(shape["anyOf"])[0] ?? listIn(shape["oneOf"])[0]
  if (alternative !== undefined) return sampleFor(alternative, words)
  const type = Array.isArray(shape["type"]) ? shape["type"][0] : shape["type"]
  switch (type) {
    case "string":
      return words
    case "integer":
    case "number":
      return typeof shape["minimum"] === "number" ? shape["minimum"] : 1
    case "boolean":
      return true
    case "null":
      return null
    case "array":
      return shape["items"] === undefined ? [] : [sampleFor(shape["items"], words)]
  }
  if (isObject(shape["properties"])) {
    return Object.fromEntries(
      Object.entries(shape["properties"]).map(([name, property]) => [name, sampleFor(property, words)]),
    )
  }
  return type === "object" ? {} : words
}
