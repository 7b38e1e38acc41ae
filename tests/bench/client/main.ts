/**
 * The load client, a process of its own on Bun: takes a job a line, answers with a line.
 *
 * @module
 */
import process from "node:process"
import { createInterface } from "node:readline"
import type { Fail } from "./connection.ts"
import { hold, leave } from "./hold.ts"
import type { Job, Jobs, Kind, Result } from "./jobs.ts"
import { load } from "./load.ts"
import { rate } from "./rate.ts"
import { turns } from "./turns.ts"

const kinds: { readonly [K in Kind]: (job: Jobs[K]["job"], fail: Fail) => Promise<Jobs[K]["result"]> } = {
  load,
  rate,
  turns,
  hold,
  leave,
}

const run = (job: Job): Promise<Result> =>
  new Promise((resolve, reject) => {
    const does = kinds[job.kind] as (job: Job, fail: Fail) => Promise<Result>
    does(job, (reason) => reject(new Error(reason))).then(resolve, reject)
  })

for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await run(JSON.parse(line) as Job).then(
    (result) => ({ result }),
    (cause: unknown) => ({ error: String(cause) }),
  )
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
}
