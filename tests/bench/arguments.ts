/**
 * The command line of the bench.
 *
 * @module
 */
import { parseArgs } from "node:util"
import { type Runtime, runtimes } from "../support/spawn-gateway.ts"

export interface Arguments {
  readonly short: boolean
  readonly busy: boolean
  readonly runtimes: ReadonlyArray<Runtime>
  /** Names of measures; all where empty. */
  readonly only: ReadonlyArray<string>
  readonly json: string
  readonly compare: string | undefined
  readonly against: string | undefined
  /** Hold the gateway against itself without what observes it. */
  readonly unobserved: boolean
  readonly portkey: string | undefined
}

export const usage = `npm run bench -- [options]
  --short              under two minutes, with wider spreads
  --only a,b           these measures alone
  --runtime bun,node   these runtimes alone
  --against <folder>   hold this checkout's gateway against another checkout's, in place of the floors
  --unobserved         hold it against itself without log, metrics, traces (Bun and Deno), in place of the floors
  --compare <file>     show what changed since the results in a file
  --json <file>        where results go (dist/bench.json, which the next build removes)
  --portkey <folder>   where @portkey-ai/gateway is installed (or the variable PORTKEY)
  --busy               measure although the machine is busy`

const listed = (text: string | undefined): ReadonlyArray<string> => text?.split(",").filter(Boolean) ?? []

/** Throws an Error that says what is wrong. */
export const readArguments = (
  args: ReadonlyArray<string>,
  env: Record<string, string | undefined>,
): Arguments => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: "boolean", default: false },
      busy: { type: "boolean", default: false },
      only: { type: "string" },
      runtime: { type: "string" },
      against: { type: "string" },
      unobserved: { type: "boolean", default: false },
      compare: { type: "string" },
      json: { type: "string", default: "dist/bench.json" },
      portkey: { type: "string" },
    },
  })
  const asked = listed(values.runtime)
  const unknown = asked.find((name) => !runtimes.some((runtime) => runtime === name))
  if (unknown !== undefined) throw new Error(`--runtime takes ${runtimes.join(", ")}, not ${unknown}`)
  return {
    short: values.short,
    busy: values.busy,
    runtimes: asked.length === 0 ? runtimes : runtimes.filter((runtime) => asked.includes(runtime)),
    only: listed(values.only),
    json: values.json,
    compare: values.compare,
    against: values.against,
    unobserved: values.unobserved,
    portkey: values.portkey ?? env["PORTKEY"],
  }
}
