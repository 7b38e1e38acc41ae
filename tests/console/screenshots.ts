/**
 * `npm run screenshots -- <folder> [page …]`: each page of the console, light and dark, wide and narrow; those that read with
 * the demo's traffic, those that write with gateways that were written. `npm run screenshots -- --readme` takes the two pictures of the README.
 *
 * @module
 */
import { mkdirSync } from "node:fs"
import process from "node:process"
import type { Page } from "playwright-core"
import { browserPath, noBrowser, openBrowser } from "./browser.ts"
import { openFilled } from "./filled-gateway.ts"
import { fillEvaluations, fillManaged, managedVariables } from "./managed-gateway.ts"
import { openDemo } from "./open-demo.ts"
import { logIn, settled, visit } from "./visit.ts"

const [folder = "screenshots", ...only] = process.argv.slice(2)
const path = browserPath()
if (path === undefined) throw new Error(noBrowser)

type Pages = Readonly<Record<string, string>>

const reading: Pages = {
  overview: "",
  month: "?since=-30d&by=metadata.team",
  log: "/log?gateway=support",
  errors: "/log?gateway=support&view=errors",
  spend: "/spend",
  playground: "/playground?gateway=support",
  health: "/health",
}
const writing: Pages = {
  gateways: "/gateways",
  settings: "/gateways?gateway=team",
  edit: "/gateways?gateway=team&edit=form",
  tokens: "/gateways?gateway=team&tab=tokens",
  keys: "/gateways?gateway=team&tab=keys",
  routes: "/gateways?gateway=team&tab=routes",
  audit: "/gateways?tab=audit",
  evaluations: "/evaluations?gateway=team",
  evaluation: "/evaluations?gateway=team",
  compare: "/evaluations?gateway=team",
  datasets: "/evaluations?gateway=team&tab=datasets",
  "new-dataset": "/evaluations?gateway=team&tab=datasets&new=1",
  "new-evaluation": "/evaluations?gateway=team&new=1",
  judges: "/evaluations?gateway=team&tab=judges",
  "new-judge": "/evaluations?gateway=team&tab=judges&new=1",
  providers: "/gateways?tab=providers",
  use: "/gateways?tab=use",
}
const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } }

const browser = await openBrowser(path)

/** Opens a page of the console, with all that it loads. */
const open = async (page: Page, url: string, place: string): Promise<void> => {
  await page.goto(`${url}/console${place}`)
  await page.getByRole("heading", { level: 1 }).waitFor()
  await settled(page)
}

const openRequest = async (page: Page): Promise<void> => {
  await page.locator("table.log tbody tr", { hasText: "fall-back" }).first().getByRole("link").click()
  await page.getByRole("heading", { name: "Timeline" }).waitFor()
}

const takeAll = async (
  url: string,
  pages: Pages,
  colorScheme: "light" | "dark",
  size: keyof typeof sizes,
): Promise<void> => {
  const { page, end } = await visit(browser, { colorScheme, viewport: sizes[size] })
  const take = (name: string, fullPage = true): Promise<unknown> =>
    page.screenshot({ path: `${folder}/${name}-${colorScheme}-${size}.png`, fullPage })
  await page.goto(`${url}/console`)
  await page.getByLabel("Admin token").waitFor()
  await take("login")
  await logIn(page, url)
  for (const [name, place] of Object.entries(pages)) {
    if (only.length > 0 && !only.includes(name)) continue
    await open(page, url, place)
    if (name === "playground") {
      await page.getByRole("button", { name: "Run" }).click()
      await page.getByRole("link", { name: "Show it in the log" }).waitFor()
    }
    if (name === "evaluation" || name === "compare") {
      await page.getByRole("link", { name: "with the new prompt" }).click()
      await page.locator("table.verdicts").first().waitFor()
      if (name === "compare") {
        await page.getByLabel("Compare with").selectOption({ label: "before the new prompt" })
        await page.getByRole("heading", { name: "Helpful: which requests changed" }).waitFor()
      }
      await settled(page)
    }
    await take(name)
    if (name !== "log") continue
    await open(page, url, `${place}&filters=${encodeURIComponent(rescued)}`)
    await openRequest(page)
    await take("request", false)
  }
  await end()
}

const rescued = JSON.stringify([{ key: "rescued", operator: "eq", value: ["fallback"] }])

/** What the README shows: a day at a glance, and why one request took and cost what it did. */
const takeForReadme = async (url: string): Promise<void> => {
  const { page, end } = await visit(browser, { viewport: { width: 1280, height: 800 } })
  await logIn(page, url)
  await open(page, url, "")
  await page.screenshot({ path: "lib/console/overview.png" })
  await open(page, url, `/log?gateway=support&filters=${encodeURIComponent(rescued)}`)
  await openRequest(page)
  await page.screenshot({ path: "lib/console/request.png" })
  await end()
}

const takeEach = async (url: string, pages: Pages): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  for (const colorScheme of ["light", "dark"] as const) {
    for (const size of ["wide", "narrow"] as const) await takeAll(url, pages, colorScheme, size)
  }
}

const isAsked = (pages: Pages): boolean =>
  folder !== "--readme" && (only.length === 0 || only.some((name) => name in pages))

const demo = await openDemo()
if (folder === "--readme") await takeForReadme(demo.url)
else if (isAsked(reading)) await takeEach(demo.url, reading)
await demo.close()
if (isAsked(writing)) {
  const managed = await openFilled("bun", 60, managedVariables)
  await fillManaged(managed, 24)
  await fillEvaluations(managed)
  await takeEach(managed.url, writing)
  await managed.close()
}
await browser.close()
