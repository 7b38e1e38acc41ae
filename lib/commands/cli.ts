#!/usr/bin/env node
/**
 * `basegate`: the command of the package, and of a clone.
 *
 * @module
 */
import process from "node:process"
import { exitCode } from "./command.ts"
import { runCli } from "./run-cli.ts"

process.stdout.on("error", ({ code = "" }: { readonly code?: string }) => {
  // `basegate logs | head` closes the pipe while the command still writes.
  if (code === "EPIPE") process.exit(exitCode.ok)
  console.error(`basegate: standard output cannot be written (${code})`)
  process.exit(exitCode.problem)
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const code = await runCli(
  process.argv.slice(2),
  { env: process.env, now: Date.now(), say },
  (line) => console.error(line),
)
if (code !== undefined) process.exitCode = code
