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
/** How long one file may take, in milliseconds: what hangs is to fail, not to hold up everything. */
const longest = 900_000
/** Files that wait for the processes they start more than they work themselves. */
const waits = (file: string): boolean => /^tests\/(contract|runtime)\//.test(file)
/** Files that take the time of what they test: another beside them would spoil it. */
const measures = (file: string): boolean => /\bperformance\.now\(/.test(readFileSync(file, "utf8"))
/** Files that start processes, or change their own: each stays alone in one. */
const standsAlone = (file: string): boolean =>
  /child_process|spawn|chromium|process\.chdir|new Worker\(/.test(readFileSync(file, "utf8"))

/** The outermost suite that is told of: files that run side by side are still told of one after the other. */
let suite = ""

/** A suite of the contract is named for its runtime; everything else counts by its folder. */
const groupOf = (file: string): string =>
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

const count = (outcome: keyof typeof total, { name, file = "", details }: Ended): void => {
  if (details.type === "suite" && outcome !== "skipped") return
  const group = groupOf(file)
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

const runAll = (files: ReadonlyArray<string>, concurrency: number): Promise<void> =>
  new Promise((done) => {
    if (files.length === 0) return done()
    const events = run({ files: [...files], concurrency, timeout: longest })
    events.on("test:pass", (data) => {
      const ended = data as Ended
      count(isSkipped(ended) ? "skipped" : "passed", ended)
    })
    events.on("test:fail", (data) => count("failed", data as Ended))
    events.on("test:start", ({ name, nesting }) => {
      if (nesting === 0) suite = name
    })
    events.on("test:complete", (data) => {
      // A file is told of as a test of its own, named by its path; one that shares a process, as the suite around it.
      const { name, file, details } = data as Completed
      if (file === resolve(name) || shared.has(name)) durations.set(name, details.duration_ms)
    })
    events.on("test:stderr", ({ message }) => noise += message)
    events.once("end", done)
    events.resume()
  })

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`
// Two side by side leave each other's clocks honest on two cores.
const sideBySide = Math.min(2, availableParallelism())
const rest = files.filter((file) => !waits(file) && !measures(file))
const shared = new Set(rest.filter((file) => !standsAlone(file)))
const folder = mkdtempSync(join(tmpdir(), "basegate-tests-"))
/**
 * The files in as few processes as are worth running side by side: to load and compile the library costs a process
 * three seconds of processor time, which most files are much faster than. Each is a suite, so that its hooks hold for its
 * own tests alone.
 */
const inSharedProcesses = (files: ReadonlyArray<string>, processes: number): ReadonlyArray<string> => {
  const size = Math.ceil(files.length / processes)
  return Array.from({ length: Math.ceil(files.length / size) }, (_, index) => {
    const path = join(folder, `${index}.mjs`)
    const suites = files.slice(index * size, (index + 1) * size).map((file) =>
      `describe(${JSON.stringify(file)}, () => import(${JSON.stringify(pathToFileURL(file).href)}))`
    )
    writeFileSync(path, ['import { describe } from "node:test"', ...suites, ""].join("\n"))
    return path
  })
}
const phases = [
  ["runtimes", files.filter(waits), sideBySide],
  ["what measures", files.filter((file) => !waits(file) && measures(file)), 1],
  ["the rest", [...rest.filter(standsAlone), ...inSharedProcesses([...shared], 12)], sideBySide],
] as const
const took: Array<string> = []
for (const [phase, files, concurrency] of phases) {
  const began = performance.now()
  await runAll(files, concurrency)
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
