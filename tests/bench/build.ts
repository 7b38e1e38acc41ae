/**
 * What has to be built before it can be measured.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { build } from "esbuild"

/** `dist/` of a checkout. */
export const buildCheckout = (root: string): void => {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
}

/**
 * The floors of the runtimes that take no TypeScript, what counts allocations on Node, and each checkout's gateway
 * without what observes it, in one file as well.
 */
export const buildBases = async (against: string | undefined): Promise<void> => {
  const unobserved = "tests/bench/unobserved.ts"
  await build({
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    entryPoints: {
      "unobserved-gateway": unobserved,
      // The older checkout's own file: it knows the names that its `mod.ts` exports.
      ...against === undefined ? {} : { "unobserved-before": join(against, unobserved) },
      "floor-node": "tests/bench/floors/node.ts",
      "floor-workerd": "tests/bench/floors/workerd.ts",
      "allocation-probe": "tests/bench/allocation-probe.ts",
    },
    outdir: "dist/bench",
    outExtension: { ".js": ".mjs" },
    platform: "node",
  })
}
