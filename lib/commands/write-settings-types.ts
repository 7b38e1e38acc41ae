/**
 * The settings as TypeScript types, for apps that give them as a value: `npm run docs` writes `lib/config/settings-types.ts`.
 *
 * JSR takes no types that are inferred.
 *
 * @module
 */
import type { AST } from "effect/SchemaAST"
import { GatewayEntry } from "../config/gateway-entry.ts"
import { oneOfWords } from "./config-schema.ts"
import { docComments, settingFiles } from "./doc-comments.ts"

const keyOf = (name: string): string => /^\w+$/.test(name) ? name : JSON.stringify(name)

const typeOf = (ast: AST): string => {
  switch (ast._tag) {
    case "Boolean":
      return "boolean"
    case "Null":
      return "null"
    case "Number":
      return "number"
    case "Literal":
      return JSON.stringify(ast.literal)
    case "String": {
      const words = oneOfWords(ast)
      return words === undefined ? "string" : words.map((word) => JSON.stringify(word)).join(" | ")
    }
    case "Arrays":
      return `ReadonlyArray<${typeOf(ast.rest[0] as AST)}>`
    case "Union":
      return [...new Set(ast.types.map(typeOf))].join(" | ")
    case "Objects": {
      const [any] = ast.indexSignatures
      if (any !== undefined) return `Readonly<Record<string, ${typeOf(any.type)}>>`
      return `{ ${
        ast.propertySignatures.map(({ name, type }) =>
          `readonly ${keyOf(String(name))}${type.context?.isOptional === true ? "?" : ""}: ${typeOf(type)}`
        ).join("; ")
      } }`
    }
    default:
      return "unknown"
  }
}

/** A page's relative links lead nowhere from here. */
const commentOf = (text: string, byDefault: string): string =>
  `${text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1")}\n\n@default ${byDefault}`
    .split("\n").map((line) => `   * ${line}`.trimEnd()).join("\n")

/** The text of the file. */
export const settingsTypes = (): string => {
  const comments = settingFiles.flatMap(docComments)
  const properties = Object.entries(GatewayEntry.fields).map(([name, { ast }]) => {
    const comment = comments.find(({ names }) => names.includes(name))
    return `  /**\n${commentOf(comment?.text ?? "", comment?.default ?? "")}\n   */\n  readonly ${name}?: ${
      typeOf(ast)
    }\n`
  })
  return `/**
 * The settings as types, for apps that give them as a value. Written by \`npm run docs\` from the schema, whose comments
 * these are.
 *
 * @module
 */
// deno-fmt-ignore-file

/** What a gateway's entry may hold. */
export interface EntryOptions {
${properties.join("")}}

/** What \`createGateway({ config })\` takes: the same as \`BASEGATE_CONFIG\` and a settings file. */
export interface SettingsDocument {
  /** The entries, by \`{account_id}/{gateway_id}\`; \`*\` for every gateway without one. */
  readonly gateways?: Readonly<Record<string, EntryOptions>>
  /** What lies below every entry: each setting that an entry does not have is taken from here, whole. */
  readonly defaults?: EntryOptions
}
`
}
