/**
 * Reads the doc comments of settings and variables from their source, for the pages and the JSON Schema. No bundle
 * contains them.
 *
 * @module
 */
import { readFileSync } from "node:fs"

/**
 * A comment and the names that it documents: the one that follows, and further ones without a comment of their own.
 */
export interface DocComment {
  readonly names: ReadonlyArray<string>
  /** Markdown, without tags. */
  readonly text: string
  /** The text of `@default`. */
  readonly default: string
}

const textOf = (lines: ReadonlyArray<string>): string =>
  lines.map((line) => line.replace(/^\s*\* ?/, "")).join("\n").trim()

/**
 * The comments of the properties in a file's object literals, in order.
 *
 * Relies on the format of `deno fmt`: properties of a top-level literal are indented by two spaces, and anything in
 * the first column ends the literal.
 */
export const docComments = (path: string): ReadonlyArray<DocComment> => {
  const found: Array<{ names: Array<string>; text: string; default: string }> = []
  let comment: Array<string> | undefined
  let current: (typeof found)[number] | undefined
  let pending: string | undefined
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, single] = /^ {2}\/\*\* (.*) \*\/$/.exec(line) ?? []
    if (comment !== undefined) {
      if (/^ {3}\*\/$/.test(line)) {
        pending = textOf(comment)
        comment = undefined
      } else comment.push(line)
    } else if (single !== undefined) pending = single
    else if (/^ {2}\/\*\*$/.test(line)) comment = []
    else if (/^\S/.test(line)) pending = current = undefined
    else {
      const [, name] = /^ {2}(\w+):/.exec(line) ?? []
      if (name === undefined) continue
      if (pending === undefined) current?.names.push(name)
      else {
        const [text = "", given = ""] = pending.split(/\n*@default /)
        found.push(current = { names: [name], text, default: given.replaceAll("\n", " ") })
        pending = undefined
      }
    }
  }
  return found
}

/** The files with the settings of a gateway. */
export const settingFiles = [
  "lib/config/gateway-entry.ts",
  "lib/config/timeout-settings.ts",
  "lib/config/cache-settings.ts",
  "lib/config/limit-rules.ts",
  "lib/config/alert-settings.ts",
  "lib/config/jwt-settings.ts",
  "lib/config/otel-destinations.ts",
  "lib/config/retry-settings.ts",
  "lib/config/log-settings.ts",
  "lib/config/dlp-settings.ts",
  "lib/config/guardrails-settings.ts",
]

/** The files with the variables. */
export const variableFiles = ["lib/config/variables.ts", "lib/config/otel-variables.ts"]
