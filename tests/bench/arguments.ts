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
  /** Only the measures that have a goal. */
  readonly goals: boolean
  /** Names of measures; all of them if empty. */
  readonly only: ReadonlyArray<string>
  readonly json: string
  readonly compare: string | undefined
  readonly against: string | undefined
  /** Names of peers; those that are installed if undefined. */
  readonly peers: ReadonlyArray<string> | undefined
  readonly portkey: string | undefined
}

export const usage = `npm run bench -- [options]
  --short              in a fifth of the time, with wider spreads
  --goals              the measures that have a goal alone
  --only a,b           these measures alone
  --runtime bun,node   these runtimes alone
  --against <folder>   measure another checkout's gateway too, in the same turns and beside the same floors
  --peers nginx        these peers alone; none at all if the list is empty
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
      goals: { type: "boolean", default: false },
      only: { type: "string" },
      runtime: { type: "string" },
      against: { type: "string" },
      peers: { type: "string" },
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
    goals: values.goals,
    only: listed(values.only),
    json: values.json,
    compare: values.compare,
    against: values.against,
    peers: values.peers === undefined ? undefined : listed(values.peers),
    portkey: values.portkey ?? env["PORTKEY"],
  }
}
