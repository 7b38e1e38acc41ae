/**
 * A visit to the console, in which nothing may go wrong unseen.
 *
 * @module
 */
import assert from "node:assert/strict"
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core"
import { adminToken } from "./filled-gateway.ts"

/** A page, and what went wrong on it. */
export interface Visit {
  readonly page: Page
  readonly problems: ReadonlyArray<string>
  readonly end: () => Promise<void>
}

/** Opens a page. What a script throws, what the policy blocks and what the console calls an error are its problems. */
export const visit = async (browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const problems: Array<string> = []
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on("pageerror", (error) => problems.push(error.message))
  page.on("dialog", (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("console", (message) => {
    // Whoever is not logged in is told so by a 401.
    if (message.type() === "error" && !/status of 401/.test(message.text())) problems.push(message.text())
  })
  return { page, problems, end: () => context.close() }
}

/** Logs in. */
export const logIn = async (page: Page, url: string): Promise<void> => {
  await page.goto(`${url}/console`)
  await page.getByLabel("Admin token").fill(adminToken)
  await page.getByRole("button", { name: "Log in" }).click()
  await page.getByRole("link", { name: "Overview", exact: true }).waitFor()
}

/** Goes to a page by its link. */
export const goTo = async (page: Page, name: string): Promise<void> => {
  await page.getByRole("link", { name, exact: true }).click()
  await page.getByRole("heading", { level: 1, name }).waitFor()
}

/** Presses Tab until something has the focus: what a keyboard alone cannot reach fails. */
export const tabTo = async (page: Page, wanted: Locator, most = 80): Promise<void> => {
  await wanted.waitFor()
  for (let pressed = 0; pressed < most; pressed++) {
    await page.keyboard.press("Tab")
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return
  }
  assert.fail(`Tab does not lead to ${wanted}`)
}

/** Nothing is wider than the window. */
export const fits = async (page: Page): Promise<void> => {
  // The page's policy lets nothing be evaluated but from outside, as text.
  const measured = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]") as ReadonlyArray<
    number
  >
  const [wide = 0, window = 0] = measured
  assert.ok(wide <= window, `${wide} px wide in a window of ${window}`)
}

/** Nothing is on its way any more: what the page shows is what it was asked for. */
export const settled = (page: Page): Promise<void> =>
  until(async () => await page.locator('[aria-busy="true"]').count() === 0)

/** Waits until something holds. */
export const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 20_000; !await holds();) {
    assert.ok(Date.now() < end, `it does not come to hold: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
