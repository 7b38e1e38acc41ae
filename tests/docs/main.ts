/** `npm run docs`: writes the generated parts of all pages, and the types of the settings. */
import { readFileSync, writeFileSync } from "node:fs"
import { settingsTypes } from "../../lib/commands/write-settings-types.ts"
import { pages, regenerated, textOf } from "./pages.ts"

for (const path of pages) {
  const before = textOf(path)
  const now = regenerated(before)
  if (now === before) continue
  writeFileSync(path, now)
  console.log(path)
}

const types = "lib/config/settings-types.ts"
if (readFileSync(types, "utf8") !== settingsTypes()) {
  writeFileSync(types, settingsTypes())
  console.log(types)
}
