/** Ten questions that operators ask, each answered by clicking alone (`lib/console/README.md`), over the demo's weeks of traffic. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { Browser, Locator, Page } from "playwright-core"
import { browserPath, noBrowser, openBrowser } from "./browser.ts"
import { adminToken } from "./filled-gateway.ts"
import { type OpenDemo, openDemo } from "./open-demo.ts"
import { goTo, logIn, settled, type Visit, visit } from "./visit.ts"

const path = browserPath()

/** The panel with a heading. */
const panel = (page: Page, name: string | RegExp): Locator =>
  page.locator("section.panel", { has: page.getByRole("heading", { name, exact: true }) })

/** A row of a table, by what stands in it. */
const row = (of: Locator, text: string): Locator => of.locator("tbody tr", { hasText: text }).first()

describe("ten questions", { skip: path === undefined ? noBrowser : false }, () => {
  let gateway: OpenDemo
  let browser: Browser
  let opened: Visit
  before(async () => {
    gateway = await openDemo()
    browser = await openBrowser(path ?? "")
    opened = await visit(browser, { viewport: { width: 1280, height: 900 } })
    await logIn(opened.page, gateway.url)
  })
  after(async () => {
    await opened?.end()
    await browser?.close()
    await gateway?.close()
  })

  /** Begins at a page, clicks, and looks; nothing may go wrong unseen. */
  const answer = (question: string, start: string, look: (page: Page) => Promise<void>): void => {
    test(question, async () => {
      const { page, problems } = opened
      await goTo(page, start)
      await settled(page)
      await look(page)
      assert.deepEqual(problems, [])
    })
  }

  answer("what did a team spend on a model in a month?", "Spend and limits", async (page) => {
    await page.getByRole("combobox", { name: "By", exact: true }).selectOption({ label: "Metadata key…" })
    await settled(page)
    await page.getByRole("link", { name: "support", exact: true }).click()
    await settled(page)
    assert.match(await row(page.locator("table.spend"), "zai-org/GLM-5.3").innerText(), /\$\d/)
    await page.getByText("team is support").waitFor()
  })

  answer("which requests failed in the last hour, and why?", "Log", async (page) => {
    await page.getByRole("button", { name: "1 hour" }).click()
    await page.getByRole("button", { name: "Errors and rescues" }).click()
    await page.getByLabel("Requests that fit, by gateway").getByRole("link", { name: /support/ }).click()
    await settled(page)
    const failures = page.getByRole("region", { name: "Failures" })
    await row(failures, "529").getByRole("link").click()
    await settled(page)
    assert.ok(await page.locator("table.log tbody tr").count() > 0)
  })

  answer("whose token made the burst?", "Overview", async (page) => {
    await page.getByRole("button", { name: "24 hours" }).click()
    await page.getByRole("combobox", { name: "Gateway" }).selectOption("")
    await page.getByLabel("Divide by").selectOption({ label: "Token" })
    await settled(page)
    const chart = panel(page, "Requests by token")
    await chart.scrollIntoViewIfNeeded()
    const box = await chart.locator(".u-over").boundingBox() ?? assert.fail("there is no chart")
    // It was five hours ago.
    const at = box.x + box.width * 19 / 24
    await page.mouse.move(at - 6, box.y + 40)
    await page.mouse.down()
    await page.mouse.move(at + 6, box.y + 40, { steps: 4 })
    await page.mouse.up()
    await settled(page)
    assert.match(page.url(), /until=/)
    const [first] = await panel(page, "Tokens").last().locator("tbody th").allInnerTexts()
    assert.match(first ?? "", /nightly-batch/, `${new Date().toISOString()}: ${page.url()}`)
  })

  answer("the first token's p95 by model this week?", "Overview", async (page) => {
    await page.getByRole("button", { name: "7 days" }).click()
    await settled(page)
    const models = page.getByRole("region", { name: "Models" })
    const heads = await models.locator("thead th").allInnerTexts()
    const cells = await row(models, "zai-org/GLM-5.3").locator("th, td").allInnerTexts()
    assert.match(cells[heads.findIndex((head) => /First token p95/.test(head))] ?? "", /^[\d.]+ m?s$/)
  })

  answer("what did the cache save?", "Overview", async (page) => {
    const card = page.locator(".card", { hasText: "Saved by the cache" })
    assert.match(await card.locator(".figure").innerText(), /^≈ \$[\d.]+/)
  })

  answer("which budget runs out first?", "Spend and limits", async (page) => {
    assert.match(
      await page.locator(".callout").innerText(),
      /Runs out first: \$[\d.]+ a \w+ for .+, in .+ used/,
    )
  })

  answer("what did the fall-back rescue?", "Overview", async (page) => {
    await page.getByRole("button", { name: "24 hours" }).click()
    await page.locator(".card").getByRole("link", { name: "Rescued" }).click()
    await page.getByLabel("Requests that fit, by gateway").getByRole("link", { name: /support/ }).click()
    await settled(page)
    const rescued = page.getByRole("region", { name: "Rescued" })
    assert.match(await row(rescued, "a fall-back").innerText(), /zai-org\/GLM-5\.3: 529/)
  })

  answer("why did this call cost that?", "Log", async (page) => {
    await page.locator("table.log tbody tr", { hasText: "$0.0" }).first().getByRole("link").click()
    const table = page.getByRole("region", { name: "Tokens and cost" })
    assert.match(await row(table, "Tokens out").innerText(), /[\d,]+\s+\$[\d.]+\s+\$[\d.]+/)
    await page.getByText("Prices of Baseten's list.").waitFor()
    await page.getByRole("link", { name: "Close" }).click()
  })

  answer("which key was not used for ninety days?", "Gateways", async (page) => {
    await page.getByRole("combobox", { name: "Gateway" }).selectOption("")
    await page.getByRole("main").getByText("Use of keys", { exact: true }).click()
    await page.getByRole("button", { name: "Not used for 90 days" }).click()
    await row(page.getByRole("region", { name: "Use of keys" }), "old-crawler").waitFor()
  })

  answer("what changed in the settings, and by whom?", "Overview", async (page) => {
    const made = await fetch(`${gateway.url}/client/v4/accounts/my-account/ai-gateway/gateways`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      body: JSON.stringify({ id: "reports" }),
    })
    assert.equal(made.status, 200, await made.text())
    await goTo(page, "Gateways")
    await page.getByRole("main").getByText("Audit", { exact: true }).click()
    const change = page.locator("ol.audit li", { hasText: "reports" }).first()
    assert.match(await change.innerText(), /admin/)
  })
})
