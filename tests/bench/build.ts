/**
 * What has to be built before it can be measured.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { build } from "esbuild"

/** `dist/` of a checkout. */
export const buildCheckout = (root: string): void => {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
}

/** The floors of the runtimes that take no TypeScript, and the gateway without what observes it, in one file as well. */
export const buildBases = async (): Promise<void> => {
  await build({
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    entryPoints: {
      "unobserved": "tests/bench/unobserved.ts",
      "floor-node": "tests/bench/floors/node.ts",
      "floor-workerd": "tests/bench/floors/workerd.ts",
    },
    outdir: "dist/bench",
    outExtension: { ".js": ".mjs" },
    platform: "node",
  })
}
