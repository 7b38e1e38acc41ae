/**
 * `npm run test:suites`: every test file, failures in full, then how many tests passed on each runtime.
 *
 * With arguments, only the files whose path holds one of them.
 *
 * @module
 */
import { readdirSync } from "node:fs"
import { dirname, relative } from "node:path"
import process from "node:process"
import { run } from "node:test"
import { inspect } from "node:util"

const chosen = process.argv.slice(2)
const files = readdirSync("tests", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `tests/${name}`)
  .filter((name) => chosen.length === 0 || chosen.some((part) => name.includes(part)))
  .sort()

/** The outermost suite that runs: one file runs at a time, so its tests follow it. */
let suite = ""

/** A suite of the contract is named for its runtime; everything else counts by its folder. */
const groupOf = (file: string): string =>
  /contract\/cases\//.test(file) ? `contract on ${suite}` : dirname(relative(process.cwd(), file))

const counts = new Map<string, { passed: number; failed: number }>()
const total = { passed: 0, failed: 0 }

interface Ended {
  readonly name: string
  readonly file?: string | undefined
  readonly details: { readonly type?: string | undefined; readonly error?: { readonly cause?: unknown } }
}

const count = (outcome: "passed" | "failed", { name, file = "", details }: Ended): void => {
  if (details.type === "suite") return
  const group = groupOf(file)
  const ofGroup = counts.get(group) ?? { passed: 0, failed: 0 }
  counts.set(group, ofGroup)
  ofGroup[outcome]++
  total[outcome]++
  if (outcome === "passed") return
  console.log(`\nFAILED ${group}: ${name}\n${inspect(details.error?.cause ?? details.error, { depth: 5 })}`)
}

// Gateways, their simulator and the clients share the machine: one file at a time keeps their clocks honest.
const events = run({ files, concurrency: 1 })
events.on("test:pass", (data) => count("passed", data as Ended))
events.on("test:fail", (data) => count("failed", data as Ended))
events.on("test:start", ({ name, nesting }) => {
  if (nesting === 0) suite = name
})
// SDKs and runtimes tell at length of the failures that cases provoke: worth reading only beside one of ours.
let noise = ""
events.on("test:stderr", ({ message }) => noise += message)
events.once("end", () => {
  if (total.failed > 0) process.stderr.write(noise)
  const width = Math.max(...[...counts.keys()].map((group) => group.length))
  for (const [group, { passed, failed }] of [...counts].sort()) {
    console.log(`${group.padEnd(width)}  ${passed} passed, ${failed} failed`)
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`)
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
})
events.resume()
