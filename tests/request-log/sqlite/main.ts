/** Runs the cases of the SQLite log, or those whose name holds a word; a line of JSON for each. */
import process from "node:process"
import { inspect } from "node:util"
import { cases } from "./cases.ts"

for (const [name, run] of Object.entries(cases)) {
  if (process.argv[2] !== undefined && !name.includes(process.argv[2])) continue
  const failure = await run().then(() => undefined, (error: unknown) => error)
  console.log(JSON.stringify({ name, failure: failure && inspect(failure, { depth: 5 }) }))
}
