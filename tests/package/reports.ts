/**
 * What users of the package would notice: its public names, and what its files weigh. Both stand in this folder, so that a
 * change of either is seen by whoever makes it; `npm run reports` writes them anew.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"

interface Member {
  /** A parameter that is taken apart has none. */
  readonly name?: string
  readonly optional?: boolean
}
interface Documented {
  readonly name: string
  readonly declarations: ReadonlyArray<{
    readonly kind: string
    readonly def?: {
      readonly properties?: ReadonlyArray<Member>
      readonly methods?: ReadonlyArray<Member>
      readonly params?: ReadonlyArray<Member>
    }
  }>
}

const names = (members: ReadonlyArray<Member> = []): ReadonlyArray<string> =>
  members.map(({ name = "{}", optional }) => `${name}${optional === true ? "?" : ""}`)

/** Where something stands and what is said of it may change unnoticed. */
const withoutPlaces = (key: string, value: unknown): unknown =>
  key === "location" || key === "jsDoc" || key === "resolution" ? undefined : value

/** Each public name of `mod.ts` with its members or parameters, and a digest of its type in full. */
export const apiReport = (): string => {
  const output = execFileSync("node_modules/.bin/deno", ["doc", "--json", "mod.ts"], { maxBuffer: 1e9 })
  const { nodes } = JSON.parse(output.toString()) as {
    nodes: Record<string, { symbols: ReadonlyArray<Documented> }>
  }
  const lines = Object.values(nodes).flatMap(({ symbols }) => symbols).flatMap(({ name, declarations }) =>
    declarations.map(({ kind, def }) => {
      const members = [...names(def?.properties), ...names(def?.methods), ...names(def?.params)]
      const text = JSON.stringify(def, withoutPlaces) ?? ""
      const digest = createHash("sha256").update(text).digest("hex").slice(0, 8)
      return `${kind} ${name}${members.length === 0 ? "" : ` { ${members.join(", ")} }`} #${digest}`
    })
  )
  return `${lines.sort().join("\n")}\n`
}

const gzipOf = (path: string): number => gzipSync(readFileSync(path), { level: 9 }).length

/** Bytes of gzip of what is downloaded or deployed. It reads the `dist` that is there. */
export const sizeReport = (): Readonly<Record<string, number>> => {
  const files = readdirSync("dist").filter((name) => /\.(js|mjs|cjs)$/.test(name) && name !== "demo.mjs")
    .sort()
  const ofConsole = readdirSync("dist/console").reduce((sum, name) => sum + gzipOf(`dist/console/${name}`), 0)
  return { ...Object.fromEntries(files.map((name) => [name, gzipOf(`dist/${name}`)])), console: ofConsole }
}
