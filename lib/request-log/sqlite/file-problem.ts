/**
 * Whether a file will do for the log, asked before there is anything to write.
 *
 * @module
 */
import type { Database, OpenDatabase } from "./database.ts"
import { prepareFile } from "./schema.ts"

/** Why a file cannot be used; nothing where it can. One that another process holds for the moment can. */
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
