/** Settings and variables as a page lists them: one heading each, with what it takes, its default and its comment. */
import type { AST } from "effect/SchemaAST"
import { expectedOf, oneOfWords } from "../../lib/commands/config-schema.ts"
import { type DocComment, docComments, settingFiles, variableFiles } from "../../lib/commands/doc-comments.ts"
import { GatewayEntry } from "../../lib/config/gateway-entry.ts"
import { Variables } from "../../lib/config/variables.ts"

/** A kind of setting: the schema of each by name, and what is said of them. */
export interface Listed {
  /** Whether values are JSON, and so text is quoted. */
  readonly isJson: boolean
  readonly fields: Readonly<Record<string, { readonly ast: AST }>>
  readonly comments: ReadonlyArray<DocComment>
}

export const settings: Listed = {
  isJson: true,
  fields: GatewayEntry.fields,
  comments: settingFiles.flatMap(docComments),
}
export const variables: Listed = {
  isJson: false,
  fields: Variables.fields,
  comments: variableFiles.flatMap(docComments),
}

const quoted = (words: ReadonlyArray<string>): ReadonlyArray<string> => words.map((word) => `\`${word}\``)

const anyOf = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

/** What a value may be, in words. */
const takes = (ast: AST, isJson: boolean): string => {
  const words = oneOfWords(ast)
  const [expected] = expectedOf(ast)
  switch (ast._tag) {
    case "Boolean":
      return "`true` or `false`"
    case "Null":
      return "`null`"
    case "Union":
      return ast.types.map((type) => takes(type, isJson)).join(", or ")
    case "Arrays": {
      const [item] = ast.rest
      const kinds = item?._tag === "Union" ? item.types : item === undefined ? [] : [item]
      return `a list of ${
        kinds.map((kind) => kind._tag === "String" ? expectedOf(kind)[0] ?? "text" : "objects").join(
          ", or of ",
        )
      }`
    }
    case "Objects":
      return isJson ? "an object" : "JSON"
    default:
      if (words === undefined) return expected ?? "text"
      // One guard says a sentence in place of a word.
      return words[0]?.includes(",")
        ? words[0]
        : anyOf(quoted(words.map((word) => isJson ? `"${word}"` : word)))
  }
}

const commentOf = ({ comments }: Listed, name: string): DocComment => {
  const comment = comments.find(({ names }) => names.includes(name))
  if (comment === undefined) throw new Error(`${name} has no comment of its own, nor one above it`)
  return comment
}

/** The Markdown of some names. Those that share a comment share a heading. */
export const blockOf = (listed: Listed, names: ReadonlyArray<string>): string => {
  const comments = [...new Set(names.map((name) => commentOf(listed, name)))]
  return comments.map((comment) => {
    const schema = listed.fields[comment.names[0] ?? ""]
    if (schema === undefined) throw new Error(`${comment.names[0]} is not known`)
    return `### ${quoted(comment.names).join(", ")}\n\nTakes ${
      takes(schema.ast, listed.isJson)
    }. Default: ${comment.default}.\n\n${comment.text}`
  }).join("\n\n")
}
