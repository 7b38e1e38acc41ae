/**
 * `npm run test:suites`: every test file, failures in full, then how many tests passed on each runtime.
 *
 * With arguments, only the files whose path holds one of them. What is skipped counts as failed: a run that proves less
 * than it says must not look like one that proves all.
 *
 * @module
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { dirname, join, relative, resolve } from "node:path"
import process from "node:process"
import { run } from "node:test"
import { pathToFileURL } from "node:url"
import { inspect } from "node:util"

const chosen = process.argv.slice(2)
const files = readdirSync("tests", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `tests/${name}`)
  .filter((name) => chosen.length === 0 || chosen.some((part) => name.includes(part)))
  .sort()
/** How long a file may be silent, with not one test that ends, in milliseconds: what hangs fails, and holds nothing up. */
const longestSilence = 240_000
/** Files that hold what they test to a time: another beside them would spoil it. Those of the runtimes leave room for it. */
const measures = (file: string): boolean =>
  !file.startsWith("tests/runtime/") && /\bperformance\.now\(\) - \w+ </.test(readFileSync(file, "utf8"))
/** Files that start processes, or change their own: each stays alone in one. */
const standsAlone = (file: string): boolean =>
  /child_process|spawn|chromium|process\.chdir|new Worker\(/.test(readFileSync(file, "utf8"))

/** A suite of the contract is named for its runtime; everything else counts by its folder. */
const groupOf = (file: string, suite: string): string =>
  /contract\/cases\//.test(file) ? `contract on ${suite}` : dirname(relative(process.cwd(), file))

const counts = new Map<string, { passed: number; failed: number; skipped: number }>()
const total = { passed: 0, failed: 0, skipped: 0 }

interface Ended {
  readonly name: string
  readonly file?: string | undefined
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: { readonly type?: string | undefined; readonly error?: { readonly cause?: unknown } }
}

const isSkipped = ({ skip, todo }: Ended): boolean => Boolean(skip ?? todo ?? false)

const count = (outcome: keyof typeof total, { name, file = "", details }: Ended, suite: string): void => {
  if (details.type === "suite" && outcome !== "skipped") return
  const group = groupOf(file, suite)
  const ofGroup = counts.get(group) ?? { passed: 0, failed: 0, skipped: 0 }
  counts.set(group, ofGroup)
  ofGroup[outcome]++
  total[outcome]++
  if (outcome === "passed") return
  const why = details.error?.cause ?? details.error
  console.log(
    `\n${outcome.toUpperCase()} ${group}: ${name}\n${why === undefined ? "" : inspect(why, { depth: 5 })}`,
  )
}

// SDKs and runtimes tell at length of the failures that cases provoke: worth reading only beside one of ours.
let noise = ""

/** How long each file took, in milliseconds. */
const durations = new Map<string, number>()

interface Completed {
  readonly name: string
  readonly file?: string | undefined
  readonly details: { readonly duration_ms: number }
}

/** Runs one file in a process of its own. */
const runOne = (path: string): Promise<void> =>
  new Promise((done) => {
    const abort = new AbortController()
    /** The suite around a test: that of a runtime, in the contract. */
    let suite = ""
    let latest = ""
    const silence = setTimeout(() => {
      console.log(`\n${path} is ended: no test of ${suite} has ended for a while. The latest is: ${latest}`)
      abort.abort()
    }, longestSilence)
    const events = run({ files: [path], signal: abort.signal })
    events.on("data", () => silence.refresh())
    events.on("test:pass", (data) => {
      const ended = data as Ended
      count(isSkipped(ended) ? "skipped" : "passed", ended, suite)
    })
    events.on("test:fail", (data) => count("failed", data as Ended, suite))
    events.on("test:start", ({ name, nesting }) => {
      latest = name
      // In a process that several files share, each is a suite around its own.
      if (nesting === 0 || (nesting === 1 && shared.has(suite))) suite = name
    })
    events.on("test:complete", (data) => {
      // A file is told of as a test of its own, named by its path; one that shares a process, as the suite around it.
      const { name, file, details } = data as Completed
      if (file === resolve(name) || shared.has(name)) durations.set(name, details.duration_ms)
    })
    events.on("test:stderr", ({ message }) => noise += message)
    events.once("end", () => {
      clearTimeout(silence)
      done()
    })
  })

/** Runs files, so many at a time, in their order. */
const runAll = async (files: ReadonlyArray<string>, atOnce: number): Promise<void> => {
  const rest = [...files]
  const work = async (): Promise<void> => {
    for (let file = rest.shift(); file !== undefined; file = rest.shift()) await runOne(file)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`
// More would gain a little, and cost cases that wait for something by the clock their patience.
const sideBySide = availableParallelism()
const rest = files.filter((file) => !measures(file))
const isOf = (folder: string) => (file: string): boolean => file.startsWith(`tests/${folder}/`)
/** What takes longest begins first, so that nothing long is left for the end. */
const long = rest.filter((file) =>
  isOf("contract/runtimes")(file) || (isOf("console")(file) && standsAlone(file))
)
/** Each with a store of its own; the gateways of one are gone before the next one's start. */
const stores = rest.filter(isOf("contract/stores"))
const databases = rest.filter(isOf("contract/databases"))
const alone = rest.filter((file) => !long.includes(file) && (standsAlone(file) || isOf("runtime")(file)))
const others = rest.filter((file) => ![...long, ...stores, ...databases, ...alone].includes(file))
const shared = new Set([...stores, ...databases, ...others])
const folder = mkdtempSync(join(tmpdir(), "basegate-tests-"))
let processesMade = 0
/**
 * The files in as few processes as are worth running side by side: to load and compile the library costs a process
 * three seconds of processor time, which most files are much faster than. Each is a suite, so that its hooks hold for its
 * own tests alone.
 */
const inSharedProcesses = (files: ReadonlyArray<string>, processes: number): ReadonlyArray<string> => {
  const size = Math.max(1, Math.ceil(files.length / processes))
  return Array.from({ length: Math.ceil(files.length / size) }, (_, index) => {
    const path = join(folder, `${processesMade++}.mjs`)
    const suites = files.slice(index * size, (index + 1) * size).map((file) =>
      `describe(${JSON.stringify(file)}, () => import(${JSON.stringify(pathToFileURL(file).href)}))`
    )
    writeFileSync(path, ['import { describe } from "node:test"', ...suites, ""].join("\n"))
    return path
  })
}
const phases = [
  ["all that may run side by side", [
    ...long,
    ...inSharedProcesses(stores, 2),
    ...inSharedProcesses(databases, 1),
    ...alone,
    ...inSharedProcesses(others, 8),
  ], sideBySide],
  ["what measures", files.filter(measures), 1],
] as const
const took: Array<string> = []
for (const [phase, files, atOnce] of phases) {
  const began = performance.now()
  await runAll(files, atOnce)
  took.push(`${phase} ${seconds(performance.now() - began)}`)
}

rmSync(folder, { recursive: true })

if (total.failed > 0) process.stderr.write(noise)
const width = Math.max(...[...counts.keys()].map((group) => group.length))
for (const [group, { passed, failed, skipped }] of [...counts].sort()) {
  console.log(
    `${group.padEnd(width)}  ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
  )
}
const slowest = [...durations].sort(([, one], [, other]) => other - one).slice(0, 10)
console.log(`\n${took.join(", ")}; the slowest files:`)
for (const [file, duration] of slowest) console.log(`${seconds(duration).padStart(6)}  ${file}`)
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`,
)
process.exitCode = total.failed === 0 && total.skipped === 0 && total.passed > 0 ? 0 : 1
