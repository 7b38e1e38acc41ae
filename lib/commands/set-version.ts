/**
 * `npm version`: copies the version of `package.json`, which npm has just changed, to the other two places that need
 * it.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string }
for (
  const [path, place] of [
    ["deno.json", /("version": )"[^"]*"/],
    ["lib/version.ts", /(version: )"[^"]*"/],
  ] as const
) {
  const text = readFileSync(path, "utf8")
  if (!place.test(text)) throw new Error(`${path} names no version`)
  writeFileSync(path, text.replace(place, `$1"${version}"`))
}
