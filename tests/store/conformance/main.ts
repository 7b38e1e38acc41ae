/** Runs the cases of all stores that this runtime can use: those without SQLite have no file. */
import process from "node:process"
import { runCases } from "../../support/sqlite-cases.ts"
import { findSqlite } from "../../../lib/runtime/sqlite.ts"
import { casesOfLayers, layers } from "./layers.ts"

await runCases(casesOfLayers(layers.filter((name) => !name.includes("file") || findSqlite() !== undefined)))
process.exit()
