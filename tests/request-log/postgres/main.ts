/** Runs the cases of the Postgres log on the runtime that runs this. */
import process from "node:process"
import { runCases } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

await runCases(cases)
// The connections would keep the process.
process.exit(0)
