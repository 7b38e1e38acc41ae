/** Cases that need SQLite, on each runtime that has it: the Node that runs the tests may have none. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { before, describe, test } from "node:test"
import { inspect, promisify } from "node:util"
import { findSqlite } from "../../lib/runtime/sqlite.ts"
import type { OpenDatabase } from "../../lib/sqlite/database.ts"
import { nodeCommand } from "./compiled.ts"

/** A case; it fails by throwing. */
export type Case = () => Promise<void>

/** Opens a file as the gateway does. */
export const open: OpenDatabase = (file) => {
  const found = findSqlite()
  if (found === undefined) throw new Error("this runtime has no SQLite")
  return found(file)
}

/** Gives a case a folder of its own. */
export const inFolder = async (run: (folder: string) => void | Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-sqlite-"))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What was written to standard error meanwhile, as the gateway writes it: objects. */
export const warningsOf = async (
  run: () => void | Promise<void>,
): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const { error } = console
  const warnings: Array<Record<string, unknown>> = []
  console.error = (line: string) => warnings.push(JSON.parse(line) as Record<string, unknown>)
  try {
    await run()
  } finally {
    console.error = error
  }
  return warnings
}

/** Runs cases, or those whose name holds a word, in this process; a line of JSON for each. */
export const runCases = async (cases: Readonly<Record<string, Case>>): Promise<void> => {
  const leftOut = JSON.parse(process.env["TEST_LEAVES_OUT"] ?? "[]") as ReadonlyArray<string>
  for (const [name, run] of Object.entries(cases)) {
    if (leftOut.includes(name)) continue
    if (process.argv[2] !== undefined && !name.includes(process.argv[2])) continue
    const failure = await run().then(() => undefined, (error: unknown) => error)
    console.log(JSON.stringify({ name, failure: failure && inspect(failure, { depth: 5 }) }))
  }
}

/** Whether the Node that runs the tests has SQLite. */
export const nodeHasSqlite = process.getBuiltinModule("node:sqlite") !== undefined

/** Describes cases, each of which is run by `main`, in a process of its own, on each runtime. */
export const describeCases = (
  what: string,
  main: string,
  names: ReadonlyArray<string>,
  options: {
    /** Of Node, if it does not need SQLite. */
    readonly onNode?: boolean
    /** What else the processes find in their environment, once it is known. */
    readonly variables?: () => Readonly<Record<string, string>>
    /** Long cases of what a server does, whoever asks it: Node runs them for all. */
    readonly onNodeAlone?: ReadonlyArray<string>
  } = {},
): void => {
  const { onNode = nodeHasSqlite, variables = () => ({}), onNodeAlone = [] } = options
  const runtimes: Readonly<Record<string, ReadonlyArray<string>>> = {
    bun: ["node_modules/.bin/bun", main],
    deno: ["node_modules/.bin/deno", "run", "-A", "--node-modules-dir=manual", main],
    ...onNode && { node: nodeCommand(main) },
  }
  describe(what, { concurrency: true }, () => {
    for (const [runtime, [command = "", ...args]] of Object.entries(runtimes)) {
      describe(runtime, () => {
        const leftOut = runtime === "node" ? [] : onNodeAlone
        const failures = new Map<string, string | undefined>()
        before(async () => {
          const { stdout } = await promisify(execFile)(command, args, {
            env: { ...process.env, ...variables(), TEST_LEAVES_OUT: JSON.stringify(leftOut) },
          })
          for (const line of stdout.trim().split("\n")) {
            const { name, failure } = JSON.parse(line) as { name: string; failure?: string }
            failures.set(name, failure)
          }
        })
        for (const name of names.filter((each) => !leftOut.includes(each))) {
          test(
            name,
            () => assert.ok(failures.has(name) && failures.get(name) === undefined, failures.get(name)),
          )
        }
      })
    }
  })
}
