/** Runs the cases of stores that are several servers, or those whose name holds a word. */
import process from "node:process"
import { runCases } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

await runCases(cases)
process.exit()
