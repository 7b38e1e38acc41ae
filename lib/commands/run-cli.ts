/**
 * Chooses a command, runs it, and reports failures in one line.
 *
 * @module
 */
import { nearestName } from "../schema/nearest-name.ts"
import { product } from "../version.ts"
import { check } from "./check.ts"
import { type Command, type CommandContext, CommandProblem, exitCode, Misuse } from "./command.ts"
import { conform } from "./conform.ts"
import { demo } from "./demo.ts"
import { help } from "./help.ts"
import { init } from "./init.ts"
import { logs } from "./logs.ts"
import { start } from "./start.ts"
import { usage } from "./usage.ts"

const commands: Readonly<Record<string, Command>> = { start, init, check, logs, usage, demo, conform }
const names = [...Object.keys(commands), "help"]

const isCommand = (name: string): boolean => Object.hasOwn(commands, name)

/** The requested command, and its arguments. */
const chosen = (words: ReadonlyArray<string>): readonly [name: string, args: ReadonlyArray<string>] => {
  const [first = "start", ...rest] = words
  // `basegate help usage` is the same as `basegate usage --help`.
  if (first === "help" && rest[0] !== undefined) return [rest[0], ["--help"]]
  if (["help", "--help", "-h"].includes(first)) return ["help", rest]
  if (["--version", "-V", "version"].includes(first)) return ["version", rest]
  return first.startsWith("-") ? ["start", words] : [first, rest]
}

const run = (name: string, context: CommandContext): ReturnType<Command> => {
  if (name === "help") context.say(help)
  else if (name === "version") context.say(product.version)
  else if (!isCommand(name)) {
    const nearest = nearestName(name, names)
    throw new Misuse(
      `there is no command "${name}"${nearest === undefined ? "" : `; perhaps ${nearest} was meant`}. ` +
        "See basegate --help.",
    )
  }
  return isCommand(name) ? commands[name]?.(context) : exitCode.ok
}

/** An error in one line: a stack would not help the user of a command. */
const problemLine = (name: string, cause: unknown): string => {
  const prefix = isCommand(name) && name !== "start" ? `basegate ${name}` : "basegate"
  const message = cause instanceof Error ? cause.message : String(cause)
  const isKnown = cause instanceof CommandProblem || cause instanceof Misuse
  return `${prefix}: ${isKnown ? "" : "it cannot go on: "}${message}`
}

/**
 * Runs `basegate`.
 *
 * @param words the arguments of the process
 * @param complain writes a line to standard error
 * @returns the exit code; `undefined` if the process should keep running
 */
export const runCli = async (
  words: ReadonlyArray<string>,
  context: Omit<CommandContext, "args">,
  complain: (line: string) => void,
): Promise<number | undefined> => {
  const [name, args] = chosen(words)
  try {
    return await run(name, { ...context, args })
  } catch (cause) {
    complain(problemLine(name, cause))
    return cause instanceof Misuse ? exitCode.misuse : exitCode.problem
  }
}
