/** How the pages look: nothing that axe finds serious, light and dark, and nothing wider than a phone. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { Browser } from "playwright-core"
import { seriousFindings } from "./axe.ts"
import { browserPath, noBrowser, openBrowser } from "./browser.ts"
import { type OpenDemo, openDemo } from "./open-demo.ts"
import { fits, goTo, logIn, settled, visit } from "./visit.ts"

const path = browserPath()
const names = ["Overview", "Log", "Spend and limits", "Gateways", "Playground", "Health"]
describe("how the console looks", { skip: path === undefined ? noBrowser : false }, () => {
  let browser: Browser
  let gateway: OpenDemo
  before(async () => {
    gateway = await openDemo()
    browser = await openBrowser(path ?? "")
  })
  after(async () => {
    await browser?.close()
    await gateway?.close()
  })

  test("no page has a serious finding of axe's, light and dark, nor is wider than a phone", async () => {
    const { page, problems, end } = await visit(browser, { viewport: { width: 390, height: 844 } })
    /** All rules in the light; in the dark only colours differ. */
    const check = async (name: string): Promise<void> => {
      await settled(page)
      await fits(page)
      assert.deepEqual(await seriousFindings(page), [], `${name}, light`)
      await page.emulateMedia({ colorScheme: "dark" })
      await settled(page)
      assert.deepEqual(await seriousFindings(page, { runOnly: ["color-contrast"] }), [], `${name}, dark`)
      await page.emulateMedia({ colorScheme: "light" })
    }
    await page.goto(`${gateway.url}/console`)
    await page.getByLabel("Admin token").waitFor()
    await check("login")
    await logIn(page, gateway.url)
    for (const name of names) {
      await goTo(page, name)
      await check(name)
    }
    await goTo(page, "Log")
    await page.getByRole("button", { name: "Errors and rescues" }).click()
    await check("errors")
    await page.getByRole("button", { name: "Requests", exact: true }).click()
    await page.locator("table.log tbody tr a").first().click()
    await page.getByRole("heading", { name: "Timeline" }).waitFor()
    await check("a request")
    assert.deepEqual(problems, [])
    await end()
  })
})
