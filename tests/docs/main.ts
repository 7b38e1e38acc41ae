/** `npm run docs`: writes the generated parts of all pages. */
import { writeFileSync } from "node:fs"
import { pages, regenerated, textOf } from "./pages.ts"

for (const path of pages) {
  const before = textOf(path)
  const now = regenerated(before)
  if (now === before) continue
  writeFileSync(path, now)
  console.log(path)
}
