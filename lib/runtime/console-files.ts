/**
 * The console's files, as `npm run build` left them beside this code.
 *
 * @module
 */
import { mayRead } from "./deno-permissions.ts"

interface Modules {
  (name: "node:fs"): {
    readonly promises: { readonly readFile: (file: URL) => Promise<Uint8Array<ArrayBuffer>> }
  }
}

const self = globalThis as { readonly process?: { readonly getBuiltinModule?: Modules } }

/** From `dist/bun.mjs` and its like, and from `lib/runtime`. */
const folders = ["./console/", "../../dist/console/"]

/** Reads a file of the console; `undefined` if it was not built, or may not be read. */
export const readConsoleFile = async (name: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  const files = self.process?.getBuiltinModule?.("node:fs").promises
  if (files === undefined || !import.meta.url.startsWith("file:")) return undefined
  for (const folder of folders) {
    const url = new URL(folder + name, import.meta.url)
    if (!mayRead(decodeURIComponent(url.pathname))) continue
    try {
      return await files.readFile(url)
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}
