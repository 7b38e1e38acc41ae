/**
 * `npm run test:suites`: every test file, failures in full, then how many tests passed on each runtime.
 *
 * With arguments, only the files whose path holds one of them. What is skipped counts as failed: a run that proves less
 * than it says must not look like one that proves all.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { run } from "node:test"
import { pathToFileURL } from "node:url"
import { compileTests } from "./compile-tests.ts"
import { compiledPath, sourcePath } from "./compiled.ts"
import { watchIdleShare } from "./idle-share.ts"
import { processorTime } from "./processor-time.ts"
import { type Ended, openTally } from "./tally.ts"

const chosen = process.argv.slice(2)
const sources = readdirSync("tests", { recursive: true, encoding: "utf8" }).map((name) => `tests/${name}`)
const files = sources
  .filter((name) => name.endsWith(".test.ts"))
  .filter((name) => chosen.length === 0 || chosen.some((part) => name.includes(part)))
  .sort()
/** How long a file may be silent, with not one test that ends, in milliseconds: what hangs fails, and holds nothing up. */
const longestSilence = 240_000
/** Which share of the processors has to be free for another file to begin, and over how many milliseconds. */
const enoughIdle = 0.3
const lookEvery = 3000
/** Files that hold what they test to a time: another beside them would spoil it. Those of the runtimes leave room for it. */
const measures = (file: string): boolean =>
  !file.startsWith("tests/runtime/") && /\bperformance\.now\(\) - \w+ </.test(readFileSync(file, "utf8"))
/** What starts processes, or changes its own. */
const ofProcesses =
  /child_process|spawn|chromium|openBrowser|describeCases|Postgres\(|startRedis|startObjects|process\.chdir|new Worker\(/
/** Files that do so: each stays alone in one. */
const standsAlone = (file: string): boolean => ofProcesses.test(readFileSync(file, "utf8"))

mkdirSync("node_modules/.cache", { recursive: true })
const folder = mkdtempSync(resolve("node_modules/.cache/basegate-tests-"))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
const mains = [...sources.filter((name) => name.endsWith("/main.ts")), "lib/commands/start-workers.ts"]
await compileTests([...files, ...mains], folder)
process.env["TEST_COMPILED"] = folder
// What Node gives to the processes of test files, in place of the loader that compiled this one.
process.execArgv.splice(0, process.execArgv.length, "--enable-source-maps")

const tally = openTally()
// SDKs and runtimes tell at length of the failures that cases provoke: worth reading only beside one of ours.
let noise = ""
/** How long each file took, in milliseconds. */
const durations = new Map<string, number>()
/** How much processor time each process took, and those that it started, in milliseconds. */
const spent = new Map<string, number>()

interface Completed {
  readonly name: string
  readonly file?: string | undefined
  readonly details: { readonly duration_ms: number }
}

/** Runs a file in a process of its own. */
const runOne = (path: string): Promise<void> =>
  new Promise((done) => {
    const abort = new AbortController()
    const source = sourcePath(folder, path)
    /** The suite around a test: that of a runtime, in the contract. */
    let suite = ""
    let latest = ""
    const silence = setTimeout(() => {
      console.log(`\n${source} is ended: no test of ${suite} has ended for a while. The latest is: ${latest}`)
      abort.abort()
    }, longestSilence)
    const count = (passes: boolean, test: Ended): void =>
      tally.count(passes, { ...test, file: test.file && sourcePath(folder, test.file) }, suite)
    const events = run({ files: [path], signal: abort.signal })
    events.on("data", () => silence.refresh())
    events.on("test:pass", (data) => count(true, data as Ended))
    events.on("test:fail", (data) => count(false, data as Ended))
    events.on("test:start", ({ name, nesting }) => {
      latest = name
      // In a process that several files share, each is a suite around its own.
      if (nesting === 0 || (nesting === 1 && shared.has(suite))) suite = name
    })
    events.on("test:complete", (data) => {
      // A file is told of as a test of its own, named by its path; one that shares a process, as the suite around it.
      const { name, details } = data as Completed
      if (resolve(name) === path || shared.has(name)) {
        durations.set(sourcePath(folder, name), details.duration_ms)
      }
    })
    events.on("test:stderr", ({ message }) => noise += message)
    events.once("end", () => {
      clearTimeout(silence)
      spent.set(source, processorTime())
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

/**
 * The same, and one more file whenever the processors had time to spare: files wait for clocks, for processes that start
 * and for one another, and what they have in common is that none of them does so all the time.
 */
const runWhereIdle = async (files: ReadonlyArray<string>, atOnce: number, most: number): Promise<void> => {
  const rest = [...files]
  let running = 0
  await new Promise<void>((done) => {
    const next = (): void => {
      const file = rest.shift()
      if (file === undefined) return
      running++
      void runOne(file).then(() => {
        running--
        if (running < atOnce) next()
        if (running === 0) done()
      })
    }
    const idleShare = watchIdleShare()
    const look = setInterval(() => {
      if (rest.length === 0) return clearInterval(look)
      if (idleShare() > enoughIdle && running < most) next()
    }, lookEvery)
    if (rest.length === 0) return done()
    while (running < Math.min(atOnce, files.length)) next()
  })
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`
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
/** What neither waits nor has anything on a connection. */
const calculates = others.filter((file) =>
  !/setTimeout|timers\/promises|startSimulator|createServer|fetch\(/.test(readFileSync(file, "utf8"))
)
const shared = new Set([...stores, ...databases, ...others])
let processesMade = 0
/**
 * The files in as few processes as are worth running side by side: each loads the library anew. Each file is a suite, so
 * that its hooks hold for its own tests alone.
 */
const inSharedProcesses = (
  files: ReadonlyArray<string>,
  processes: number,
  beginning = "",
): ReadonlyArray<string> => {
  const size = Math.max(1, Math.ceil(files.length / processes))
  return Array.from({ length: Math.ceil(files.length / size) }, (_, index) => {
    const path = join(folder, `several, ${processesMade++}.mjs`)
    const suites = files.slice(index * size, (index + 1) * size).map((file) =>
      `describe(${JSON.stringify(file)}, () => import(${
        JSON.stringify(pathToFileURL(compiledPath(folder, file)).href)
      }))`
    )
    writeFileSync(path, [beginning, 'import { describe } from "node:test"', ...suites, ""].join("\n"))
    return path
  })
}
const inOwn = (files: ReadonlyArray<string>) => files.map((file) => compiledPath(folder, file))
/** What only calculates takes what the others leave of the processors, and no more. */
const yielding = 'import { setPriority } from "node:os"; setPriority(5)'
const took: Array<string> = []
const phase = async (name: string, run: () => Promise<unknown>): Promise<void> => {
  const began = performance.now()
  await run()
  took.push(`${name} ${seconds(performance.now() - began)}`)
}
const beside = [
  ...inOwn(long),
  ...inSharedProcesses(stores, 2),
  ...inSharedProcesses(databases, 1),
  ...inOwn(alone),
  ...inSharedProcesses(others.filter((file) => !calculates.includes(file)), 4),
]
await phase("side by side", () =>
  Promise.all([
    runWhereIdle(beside, sideBySide, 2 * sideBySide),
    runAll(inSharedProcesses(calculates, 4, yielding), 1),
  ]))
await phase("what measures", () => runAll(inOwn(files.filter(measures)), 1))

if (tally.total.failed > 0) process.stderr.write(noise)
const { groups, all } = tally.lines()
for (const line of groups) console.log(line)
const most = (of: ReadonlyMap<string, number>, count: number): void => {
  for (const [file, time] of [...of].sort(([, one], [, other]) => other - one).slice(0, count)) {
    if (time >= 500) console.log(`${seconds(time).padStart(6)}  ${file}`)
  }
}
console.log(`\n${took.join(", ")}; the slowest files:`)
most(durations, 10)
console.log("\nProcessor time, with that of the processes they start:")
most(spent, 20)
console.log(`\n${all}`)
const { passed, failed, skipped } = tally.total
process.exitCode = failed === 0 && skipped === 0 && passed > 0 ? 0 : 1
