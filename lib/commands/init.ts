/**
 * `basegate init`: writes settings to start from.
 *
 * @module
 */
import { writeFileSync } from "node:fs"
import { type Command, type CommandContext, CommandProblem, exitCode } from "./command.ts"
import { givenOptions } from "./options.ts"
import { sampleSettings } from "./sample-settings.ts"

const help = `Writes a basegate.yaml with one gateway, and comments that say what else there is.

  basegate init

  --help                 this

A file that is there already is left as it is.`

const file = "basegate.yaml"

/** How the command was called. */
const ownName = ({ npm_command, npm_lifecycle_event }: CommandContext["env"]): string =>
  npm_command === "exec" || npm_lifecycle_event === "npx" ? "npx basegate" : "basegate"

const nextSteps = (name: string): string =>
  `Wrote ${file}: one gateway, my-account/my-gateway.

What to do next:

  1. Look at it, and change what you like. Then see that it is well:

       ${name} check

  2. Give the gateway your Baseten key; or let its callers send their own:

       export BASETEN_API_KEY=…

  3. Start it, and call it. It prints how:

       ${name} start

  4. See what was called, and what it cost:

       ${name} logs
       ${name} usage
`

/** Writes the file, unless it exists. */
export const init: Command = ({ args, env, say }) => {
  const { options } = givenOptions(args, {})
  if (options.has("help")) {
    say(help)
    return exitCode.ok
  }
  try {
    writeFileSync(file, sampleSettings, { flag: "wx" })
  } catch (cause) {
    const { code = "" } = cause as { readonly code?: string }
    throw new CommandProblem(
      code === "EEXIST"
        ? `there is a ${file} already, which is left as it is. To begin anew, move it away first.`
        : `${file} cannot be written here (${code})`,
    )
  }
  say(nextSteps(ownName(env)).trimEnd())
  return exitCode.ok
}
