/**
 * The packages whose code is in the bundles: their licences must be passed on, and users want to know what is inside.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import type { Plugin } from "esbuild"

interface Package {
  readonly name: string
  readonly version: string
  /** The SPDX name. */
  readonly license: string
  readonly text: string
}

/** Collects packages while bundles are built. */
export interface BundledPackages {
  /** Records the contents of a bundle; needs a build with `metafile`. */
  readonly plugin: Plugin
  /** The full text of every licence. */
  readonly licenses: () => string
  /** A bill of materials: CycloneDX 1.6 (ECMA-424). */
  readonly billOfMaterials: (version: string) => string
}

/** The folder of the package that a file belongs to, which may be nested in another package's folder. */
const folderOf = (path: string): string | undefined => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]

const read = (folder: string): Package => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Package
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  return {
    name,
    version,
    license,
    text: file === undefined
      ? "(The package holds no text of it.)"
      : readFileSync(`${folder}/${file}`, "utf8").trim(),
  }
}

/** Creates an empty collection. */
export const bundledPackages = (): BundledPackages => {
  const folders = new Set<string>()
  const packages = (): ReadonlyArray<Package> =>
    [...folders].map(read).sort((one, other) => one.name < other.name ? -1 : 1)
  return {
    plugin: {
      name: "bundled-packages",
      setup: ({ onEnd }) =>
        onEnd(({ metafile }) => {
          for (const { inputs } of Object.values(metafile?.outputs ?? {})) {
            for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
              const folder = folderOf(path)
              if (folder !== undefined && bytesInOutput > 0) folders.add(folder)
            }
          }
        }),
    },
    licenses: () =>
      packages().map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`)
        .join(
          `\n${"-".repeat(80)}\n\n`,
        ),
    billOfMaterials: (version) => {
      const components = packages().map(({ name, version, license }) => ({
        type: "library",
        name,
        version,
        purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
        licenses: [{ license: { id: license } }],
      }))
      const component = {
        type: "application",
        name: "basegate",
        version,
        licenses: [{ license: { id: "MIT" } }],
      }
      const bill = {
        bomFormat: "CycloneDX",
        specVersion: "1.6",
        version: 1,
        metadata: { component },
        components,
      }
      return `${JSON.stringify(bill, null, 2)}\n`
    },
  }
}
