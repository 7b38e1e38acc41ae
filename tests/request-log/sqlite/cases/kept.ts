import { join } from "node:path"
import { type Case, inFolder, open } from "../../../support/sqlite-cases.ts"
import { keeping, keptHours } from "../../conformance/kept.ts"
import { useLog } from "../runtime.ts"

/** Hours that are over are kept in the file. */
export const kept: Case = () =>
  inFolder((folder) => {
    const file = join(folder, "log.db")
    const readKept = () => {
      const database = open(file)
      try {
        return Promise.resolve(database.prepare(keptHours).all().map((row) => ({ ...row })))
      } finally {
        database.close()
      }
    }
    return useLog({ file }, keeping(readKept))
  })
