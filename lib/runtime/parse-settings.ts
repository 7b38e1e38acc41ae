/**
 * Parses settings files, YAML or JSON, with the position of each setting. The parser is loaded when there is a file
 * to parse. @module
 */
import * as Result from "effect/Result"
import type { Document, Node, Scalar } from "yaml"
import type { Declaration, Position, SettingsProblem } from "../config/declaration.ts"
import { endOf, findJsonProblem } from "../config/settings-text.ts"
import { isLongNumber } from "../json/exact-json.ts"
import { isObject } from "../json/parse.ts"

/** What was expected, in words that quote nothing of the text, which may contain a secret. */
const expectations: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias without an anchor or a tag",
  BAD_ALIAS: "the name of an anchor after *; quote text that begins with *",
  BAD_DIRECTIVE: "no %DIRECTIVE",
  BAD_DQ_ESCAPE: "an escape that YAML knows; write \\\\ for a backslash, or use single quotes",
  BAD_INDENT: "the indentation of the lines above, and a bracket that closes each open one",
  BAD_SCALAR_START: "text in quotes: it begins with a character that means something else in YAML",
  BLOCK_AS_IMPLICIT_KEY:
    "one key a line, indented as those beside it; quote text with a colon and a space in it",
  BLOCK_IN_FLOW: "no indented list or object within brackets",
  DUPLICATE_KEY: "a key that is not there already",
  MISSING_CHAR: "the closing quote, or a comma between two items",
  MULTILINE_IMPLICIT_KEY: "a colon after the key, on the same line",
  MULTIPLE_DOCS: "one document: nothing after ---",
  NON_STRING_KEY: "a key of text",
  TAB_AS_INDENT: "spaces in place of the tab",
  TAG_RESOLVE_FAILED: "no tag; quote text that begins with !",
  UNEXPECTED_TOKEN: "nothing more on this line, or an indentation like the lines above",
}

type Yaml = typeof import("yaml")

/**
 * Finds the position of a key or a value. For a list or an object it is that of the key, which a reader looks for.
 */
const finder = (
  yaml: Yaml,
  document: Document.Parsed,
  text: string,
): NonNullable<Declaration["positionOf"]> => {
  const startOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0]
  return (path, part) => {
    let node: unknown = document.contents
    let at = startOf(node) ?? 0
    for (const [index, name] of path.entries()) {
      if (yaml.isAlias(node)) node = node.resolve(document)
      if (yaml.isMap(node)) {
        const pair = node.items.find(({ key }) => String((key as Scalar | null)?.value) === name)
        if (pair === undefined) break
        const last = index === path.length - 1
        at = startOf(pair.key) ?? at
        if (last && part === "value" && yaml.isScalar(pair.value)) at = startOf(pair.value) ?? at
        node = pair.value
      } else if (yaml.isSeq(node)) {
        node = node.items[Number(name)]
        if (node === undefined) break
        at = startOf(node) ?? at
      } else break
    }
    return endOf(text.slice(0, at))
  }
}

/** The first error in a YAML text; later ones are mostly its consequences. */
const faultOf = (
  yaml: Yaml,
  document: Document.Parsed,
): readonly [at: number, expected: string] | undefined => {
  const [fault] = [...document.errors, ...document.warnings]
  if (fault !== undefined) return [fault.pos[0], expectations[fault.code] ?? "YAML"]
  let found: readonly [number, string] | undefined
  yaml.visit(document, {
    Alias: (_, alias, parents) => {
      const target = alias.resolve(document)
      // Rejects a document that contains itself.
      if (target !== undefined && !parents.includes(target)) return undefined
      const expected = target === undefined
        ? "an anchor of this name above; quote text that begins with *"
        : "an anchor that stands elsewhere, not around this alias"
      found = [alias.range?.[0] ?? 0, expected]
      return yaml.visit.BREAK
    },
    Scalar: (_, scalar) => {
      // A number that JavaScript cannot represent keeps its digits, as in JSON.
      if (typeof scalar.value === "number" && isLongNumber(scalar.source ?? "")) scalar.value = scalar.source
    },
  })
  return found
}

/** In YAML a key without a value is null, which stands for an empty entry or empty defaults. */
const withEmptyEntries = (document: unknown): unknown => {
  if (!isObject(document)) return document
  const { gateways, defaults } = document
  const entries = isObject(gateways) && Object.entries(gateways).map(([id, entry]) => [id, entry ?? {}])
  return {
    ...document,
    ...(entries !== false && { gateways: Object.fromEntries(entries) as unknown }),
    ...(defaults === null && { defaults: {} }),
  }
}

/**
 * Parses the text of a settings file: as JSON if its name ends in `.json`, otherwise as YAML, which includes JSON.
 */
export const parseSettings = async (
  source: string,
  text: string,
): Promise<Result.Result<Declaration, ReadonlyArray<SettingsProblem>>> => {
  const failed = (position: Position, expected: string) =>
    Result.fail([{ source, position, path: [], message: `expected ${expected}` }])
  const json = /\.json$/i.test(source) ? findJsonProblem(text) : undefined
  if (json !== undefined) return failed(json.at, json.expected)
  const yaml = await import("yaml")
  const document = yaml.parseDocument(text, { prettyErrors: false, logLevel: "error", stringKeys: true })
  const fault = faultOf(yaml, document)
  if (fault !== undefined) return failed(endOf(text.slice(0, fault[0])), fault[1])
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    return Result.succeed({
      source,
      document: withEmptyEntries(value),
      positionOf: finder(yaml, document, text),
    })
  } catch {
    // Nested aliases could make a document of any size.
    return failed({ line: 1, column: 1 }, "fewer aliases")
  }
}
