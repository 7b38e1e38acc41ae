/**
 * Checks whether a file can hold the log, before there is anything to write.
 *
 * @module
 */
import type { Database, OpenDatabase } from "../../sqlite/database.ts"
import { prepareFile } from "./schema.ts"

/** Why a file cannot be used; `undefined` if it can, even if another process has locked it for the moment. */
export const fileProblem = (open: OpenDatabase, file: string): string | undefined => {
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
