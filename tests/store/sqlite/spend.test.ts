/** What was spent, in SQLite, on each runtime that has it. */
import { describeCases } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

describeCases("what was spent, in SQLite", "tests/store/sqlite/main.ts", Object.keys(cases))
