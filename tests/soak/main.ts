/**
 * `npm run soak -- [--minutes 10] [--sockets 1000] [--seed N] [bun deno node workerd]`: mixed traffic with faults, on each
 * runtime in turn, and then so many WebSockets open at once. Exits with 1 if memory, descriptors or calls upstream do not come
 * back, or a call has not exactly one record.
 *
 * @module
 */
import process from "node:process"
import { parseArgs } from "node:util"
import { runtimes } from "../support/spawn-gateway.ts"
import { soak } from "./soak.ts"

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    sockets: { type: "string", default: "1000" },
    seed: { type: "string" },
  },
  allowPositionals: true,
})
const chosen = runtimes.filter((runtime) => positionals.length === 0 || positionals.includes(runtime))
const minutes = Number(values.minutes)
const sockets = Number(values.sockets)
const seed = Number(values.seed ?? Date.now() % 2 ** 32)
if (!(minutes > 0) || !Number.isInteger(seed) || !(sockets > 0) || chosen.length < positionals.length) {
  console.error(
    `Expected --minutes and --sockets over 0, a whole --seed, and of the runtimes: ${runtimes.join(" ")}`,
  )
  process.exit(2)
}

for (const runtime of chosen) {
  const options = { seconds: minutes * 60, seed, sockets }
  const { calls, seconds, memory, descriptors, socket, problems } = await soak(runtime, options)
  const [warm, after] = memory.map((mebibytes) => mebibytes.toFixed())
  console.log(
    `${runtime}: ${calls} calls in ${seconds.toFixed()} s, memory ${warm} → ${after} MiB, ` +
      `descriptors ${descriptors.join(" → ")}, ${sockets} sockets of ${socket.toFixed()} KiB, seed ${seed}${
        problems.length === 0 ? "" : `\n  ${problems.join("\n  ")}`
      }`,
  )
  if (problems.length > 0) process.exitCode = 1
}
