/**
 * `npm run screenshots -- <folder>`: each page of the console, light and dark, wide and narrow.
 *
 * @module
 */
import { mkdirSync } from "node:fs"
import process from "node:process"
import { browserPath, noBrowser, openBrowser } from "./browser.ts"
import { openFilled } from "./filled-gateway.ts"
import { fillManaged, managedVariables } from "./managed-gateway.ts"
import { logIn, visit } from "./visit.ts"

const [folder = "screenshots", ...only] = process.argv.slice(2)
const path = browserPath()
if (path === undefined) throw new Error(noBrowser)
mkdirSync(folder, { recursive: true })

const pages = {
  overview: "?since=-1h",
  log: "/log?gateway=support",
  spend: "/spend",
  gateways: "/gateways",
  settings: "/gateways?gateway=team",
  edit: "/gateways?gateway=team&edit=form",
  tokens: "/gateways?gateway=team&tab=tokens",
  keys: "/gateways?gateway=team&tab=keys",
  routes: "/gateways?gateway=team&tab=routes",
  audit: "/gateways?tab=audit",
  providers: "/gateways?tab=providers",
  use: "/gateways?tab=use",
  playground: "/playground?gateway=support",
  health: "/health",
}
const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } }

const gateway = await openFilled("bun", 60, managedVariables)
await fillManaged(gateway, 24)
const browser = await openBrowser(path)
for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(sizes)) {
    const { page, end } = await visit(browser, { colorScheme, viewport })
    const take = (name: string, fullPage = true): Promise<unknown> =>
      page.screenshot({ path: `${folder}/${name}-${colorScheme}-${size}.png`, fullPage })
    await page.goto(`${gateway.url}/console`)
    await page.getByLabel("Admin token").waitFor()
    await take("login")
    await logIn(page, gateway.url)
    for (const [name, place] of Object.entries(pages)) {
      if (only.length > 0 && !only.includes(name)) continue
      await page.goto(`${gateway.url}/console${place}`)
      await page.getByRole("heading", { level: 1 }).waitFor()
      if (name === "playground") await page.getByRole("button", { name: "Run" }).click()
      // Charts and answers come a moment later.
      await page.waitForTimeout(1500)
      await take(name)
      if (name !== "log") continue
      await page.locator("table.log tbody tr a").nth(3).click()
      await page.getByRole("heading", { name: "Timeline" }).waitFor()
      await page.waitForTimeout(500)
      await take("request", false)
    }
    await end()
  }
}
await browser.close()
await gateway.close()
