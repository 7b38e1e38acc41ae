/** `npm run reports`: after a build, writes down the public names and the sizes of today. */
import { writeFileSync } from "node:fs"
import { apiReport, sizeReport } from "./reports.ts"

writeFileSync("tests/package/api.txt", apiReport())
writeFileSync("tests/package/sizes.json", `${JSON.stringify(sizeReport(), null, 2)}\n`)
