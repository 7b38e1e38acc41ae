/** Runs the cases of a day of traffic, or those whose name holds a word. */
import { runCases } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

await runCases(cases)
