/**
 * The interface of `basegate`'s commands, and how they fail.
 *
 * @module
 */

/** What a command receives. */
export interface CommandContext {
  /** The arguments after its name. */
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string | undefined>>
  /** In milliseconds since 1970. */
  readonly now: number
  /** Writes a line to standard output. */
  readonly say: (line: string) => void
}

/**
 * Runs a command. Throws a `CommandProblem` if it fails, and a `Misuse` if its arguments are wrong.
 *
 * @returns its exit code; `undefined` if the process should keep running
 */
export type Command = (context: CommandContext) => Promise<number | undefined> | number | undefined

/** Something is wrong that the command can name: exit code 1. */
export class CommandProblem extends Error {}

/** The arguments are wrong: exit code 2. */
export class Misuse extends Error {}

/** The exit codes. */
export const exitCode = { ok: 0, problem: 1, misuse: 2 } as const
