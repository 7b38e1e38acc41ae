/**
 * Settings as they are declared, before they are decoded: a document, and where each part of it is written.
 *
 * @module
 */
import type { DecodingProblem } from "../schema/decode-strictly.ts"

/** A place in a text. Lines and columns count from 1, columns in characters. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A document of settings, and where it comes from. */
export interface Declaration {
  /** What problems name: a variable, a file, an option. */
  readonly source: string
  /** `undefined` if nothing is declared: every id is then served with the defaults of each setting. */
  readonly document: unknown
  /** Where a key or its value stands in the text; if it is missing, the nearest place above it. */
  readonly positionOf?: (path: ReadonlyArray<string>, part: "key" | "value") => Position | undefined
}

/** What is wrong with settings, and where. Shows no value: it may be a secret. */
export interface SettingsProblem {
  /** The variable, file or option. */
  readonly source: string
  /** `undefined` if the source has no lines, or is not there. */
  readonly position: Position | undefined
  /** The keys that lead to it. */
  readonly path: ReadonlyArray<string>
  /** What was expected. */
  readonly message: string
}

/** One problem as a sentence: `basegate.yaml, line 3, column 5 (gateways, *, idle_timeout): expected …`. */
export const problemText = ({ source, position, path, message }: SettingsProblem): string => {
  const at = position === undefined ? "" : `, line ${position.line}, column ${position.column}`
  return `${source}${at}${path.length === 0 ? "" : ` (${path.join(", ")})`}: ${message}`
}

/** All problems in one line. */
export const problemsText = (problems: ReadonlyArray<SettingsProblem>): string =>
  problems.map(problemText).join("; ")

const unknownSetting = (meant: string | undefined): string =>
  meant === undefined ? "unknown setting" : `unknown setting; perhaps ${meant} was meant`

/** A problem of a decoded document, with its place. */
export const locate = (
  { source, positionOf }: Declaration,
  { path, expected, meant }: DecodingProblem,
): SettingsProblem => ({
  source,
  position: positionOf?.(path, expected === undefined ? "key" : "value"),
  path,
  message: expected ?? unknownSetting(meant),
})
