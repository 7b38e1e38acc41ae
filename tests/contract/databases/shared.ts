/** The contract's subjects that ask the log, write settings or count, on gateways that do so in a real Postgres. */
import { test } from "node:test"
import { anyPostgres, withoutPostgres } from "../../support/postgres-server.ts"
import type { Runtime } from "../../support/spawn-gateway.ts"
import { contract } from "../contract.ts"
import type { SharedStore } from "../harness.ts"
import { counting } from "../stores/shared.ts"

/** A machine that is busy with other tests answers late. */
const patience = "5000"

const kept: ReadonlyArray<string> = [
  "console",
  "log api",
  "log figures",
  "written settings",
  // Cached answers are not kept there.
  ...counting.filter((subject) => subject !== "cache"),
]

const inPostgres = (): SharedStore => {
  let server: Awaited<ReturnType<typeof anyPostgres>> | undefined
  return {
    what: "a database",
    open: async () => {
      server = await anyPostgres()
      const url = new URL(await server.newDatabase())
      url.searchParams.set("timeout", patience)
      return { BASEGATE_DB: url.href }
    },
    close: async () => await server?.close(),
  }
}

/** Declares the subjects on one runtime, or says why they are skipped. */
export const keptContract = (runtime: Runtime): void => {
  if (withoutPostgres === false) contract(runtime, kept, inPostgres())
  else test(`${runtime}, with a database`, { skip: withoutPostgres })
}
