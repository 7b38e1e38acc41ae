/**
 * `basegate demo`: a gateway in front of a simulator of Baseten, with sample calls.
 *
 * @module
 */
import { type Command, CommandProblem, exitCode } from "./command.ts"
import { startDemoGateway } from "./demo-gateway.ts"
import { givenOptions } from "./options.ts"

interface DemoModule {
  readonly runDemo: (start: typeof startDemoGateway, run: { readonly keeps: boolean }) => Promise<void>
}

const help =
  `Runs a gateway in front of a simulator of Baseten, makes the calls that its users make, and shows what was recorded.

  basegate demo [--keep]

  --keep                 go on, with a console that is full of traffic, until Ctrl-C
  --help                 this

There is nothing to sign up for, nothing is called beyond this machine, and nothing is written.`

/** Runs the demo, which is in a file next to the command. */
export const demo: Command = async ({ args, say }) => {
  const { options } = givenOptions(args, { keep: { type: "boolean" } })
  if (options.has("help")) {
    say(help)
    return exitCode.ok
  }
  const place = new URL("demo.mjs", import.meta.url).href
  const { runDemo } = await (import(place) as Promise<DemoModule>).catch(() => {
    throw new CommandProblem("the demo is built with the package: npm run demo runs it from its source")
  })
  await runDemo(startDemoGateway, { keeps: options.has("keep") })
  return exitCode.ok
}
