/** The contract's subjects that ask the log, or write settings, on gateways that keep both in a real Postgres. */
import { test } from "node:test"
import { anyPostgres, withoutPostgres } from "../../support/postgres-server.ts"
import type { Runtime } from "../../support/spawn-gateway.ts"
import { contract } from "../contract.ts"
import type { SharedStore } from "../harness.ts"

const kept: ReadonlyArray<string> = ["console", "log api", "log figures", "written settings"]

const inPostgres = (): SharedStore => {
  let server: Awaited<ReturnType<typeof anyPostgres>> | undefined
  return {
    what: "a database",
    scope: "local",
    open: async () => {
      server = await anyPostgres()
      return { BASEGATE_DB: await server.newDatabase() }
    },
    close: async () => await server?.close(),
  }
}

/** Declares the subjects on one runtime, or says why they are skipped. */
export const keptContract = (runtime: Runtime): void => {
  if (withoutPostgres === false) contract(runtime, kept, inPostgres())
  else test(`${runtime}, with a database`, { skip: withoutPostgres })
}
