/**
 * `npm run fuzz -- [--seconds 60] [--seed N] [--target json,callers]`: inputs that are nearly right for every parser and
 * for a whole gateway, for as long as is wanted. With `--http bun` (deno, node, workerd) raw bytes instead, on connections
 * to a gateway that runs there.
 *
 * What fails in this process is made small, printed, and kept in `tests/fuzz/crashes`, from where each test run tries it again. Exits
 * with 1 if anything failed.
 *
 * @module
 */
import { writeFileSync } from "node:fs"
import process from "node:process"
import { parseArgs } from "node:util"
import { startSimulator } from "../simulator/server.ts"
import { type Runtime, runtimes, spawnGateway } from "../support/spawn-gateway.ts"
import { fuzzHttp } from "./raw-http.ts"
import { targets } from "./targets.ts"
import { type Target, tryOne } from "./target.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    target: { type: "string" },
    http: { type: "string" },
  },
})
const names = values.target?.split(",") ?? targets.map(({ name }) => name)
const chosen = targets.filter(({ name }) => names.includes(name))
const runtime = runtimes.find((name) => name === values.http)
const seconds = Number(values.seconds)
const first = Number(values.seed ?? Date.now() % 2 ** 32)
if (
  chosen.length !== names.length || !(seconds > 0) || !Number.isInteger(first) ||
  (values.http !== undefined && runtime === undefined)
) {
  console.error(
    `Expected --seconds over 0, a whole --seed, of --target: ${targets.map(({ name }) => name).join()}; ` +
      `of --http: ${runtimes.join()}`,
  )
  process.exit(2)
}

/** Tries inputs of a target for a while; keeps what fails. After three crashes the rest is most likely the same. */
const fuzz = async (target: Target, until: number): Promise<number> => {
  let crashes = 0
  let inputs = 0
  while (performance.now() < until && crashes < 3) {
    const crash = await tryOne(target, (first + inputs++) >>> 0)
    if (crash === undefined) continue
    crashes++
    const path = new URL(`crashes/${target.name}-${crash.seed}.json`, import.meta.url)
    writeFileSync(path, `${JSON.stringify(crash, undefined, 2)}\n`)
    console.log(`\n${target.name}, seed ${crash.seed}: ${crash.message}`)
  }
  console.log(`${target.name}: ${inputs} inputs from seed ${first} on, ${crashes} crashes`)
  return crashes
}

/** Sends raw bytes to a gateway for a while, a thousand inputs at a time. */
const fuzzConnections = async (runtime: Runtime, until: number): Promise<void> => {
  const simulator = await startSimulator()
  const gateway = await spawnGateway(runtime, { ...simulator.env, LOG_LEVEL: "none" })
  let inputs = 0
  try {
    for (; performance.now() < until; inputs += 1000) await fuzzHttp(gateway.url, first + inputs, 1000)
    console.log(`${runtime}: ${inputs} inputs from seed ${first} on, all answered or closed`)
  } finally {
    await gateway.stop()
    await simulator.close()
  }
}

const began = performance.now()
if (runtime !== undefined) await fuzzConnections(runtime, began + seconds * 1000)
else {
  let crashes = 0
  for (const [index, target] of chosen.entries()) {
    crashes += await fuzz(target, began + ((index + 1) * seconds * 1000) / chosen.length)
  }
  process.exitCode = crashes === 0 ? 0 : 1
}
