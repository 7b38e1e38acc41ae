/** Runs the cases of the store in SQLite, or those whose name holds a word. */
import { runCases } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

await runCases(cases)
