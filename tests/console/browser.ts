/**
 * A real browser: Chromium, as the machine has it.
 *
 * @module
 */
import { existsSync } from "node:fs"
import process from "node:process"
import { type Browser, chromium } from "playwright-core"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

/** The browser's path: `CHROMIUM`, else the first of the usual names on the path; `undefined` if there is none. */
export const browserPath = (): string | undefined =>
  [
    ...(process.env["CHROMIUM"] ? [process.env["CHROMIUM"]] : []),
    ...(process.env["PATH"] ?? "").split(":").flatMap((folder) => names.map((name) => `${folder}/${name}`)),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ].find((path) => existsSync(path))

/** What to do where there is none. */
export const noBrowser = "no browser: install one (apt-get install chromium), or name it in CHROMIUM"

/** Starts it, without a window. */
export const openBrowser = (path: string): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
  })
