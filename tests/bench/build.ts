/**
 * What has to be built before it can be measured.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { resolve } from "node:path"
import { build } from "esbuild"

const common = { bundle: true, format: "esm", target: "es2022", logLevel: "warning" } as const

/** `dist/` of a checkout, and its server for Node as plain JavaScript beside it. */
export const buildCheckout = async (root: string): Promise<void> => {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
  await build({
    ...common,
    absWorkingDir: resolve(root),
    entryPoints: ["lib/runtime/node.ts"],
    outfile: "dist/bench/node.mjs",
    packages: "external",
    platform: "node",
  })
}

/** The floors of the runtimes that take no TypeScript. */
export const buildFloors = async (): Promise<void> => {
  await build({
    ...common,
    entryPoints: {
      "floor-node": "tests/bench/floors/node.ts",
      "floor-workerd": "tests/bench/floors/workerd.ts",
    },
    outdir: "dist/bench",
    outExtension: { ".js": ".mjs" },
    platform: "node",
  })
}
