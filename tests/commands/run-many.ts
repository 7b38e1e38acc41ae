/**
 * Runs `basegate` again and again in one process: each line of standard input is a JSON list of arguments, each line of
 * standard output what came of it. What a runtime takes to start would otherwise be most of a test's time.
 *
 * @module
 */
import process from "node:process"
import { createInterface } from "node:readline"
import { runCli } from "../../lib/commands/run-cli.ts"

/** What a command has printed, and its exit code. */
export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command in this process. */
export const runHere = async (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Printed> => {
  let [out, err] = ["", ""]
  const code = await runCli(
    args,
    { env, now: Date.now(), say: (line) => void (out += `${line}\n`) },
    (line) => void (err += `${line}\n`),
  )
  return { code: code ?? 0, out, err }
}

if (process.argv[1] === import.meta.filename) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await runHere(JSON.parse(line) as ReadonlyArray<string>, process.env)))
  }
}
