/**
 * Checks whether a file can hold the log, before there is anything to write.
 *
 * @module
 */
import type { Database, OpenDatabase } from "../../sqlite/database.ts"
import { prepareFile } from "./schema.ts"

/** Why a file cannot be used; `undefined` if it can, even if another process has locked it for the moment. */
export const fileProblem = (open: OpenDatabase | undefined, file: string): string | undefined => {
  if (open === undefined) return "this runtime has no SQLite; Node has it from 22.13 on"
  let database: Database | undefined
  try {
    database = open(file)
    prepareFile(database)
    return undefined
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown"
    return /locked|busy/i.test(reason) ? undefined : reason
  } finally {
    database?.close()
  }
}
