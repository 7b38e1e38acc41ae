/** A day of traffic, on each runtime that has SQLite. */
import { describeCases } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

describeCases("a day of traffic", "tests/commands/day/main.ts", Object.keys(cases))
