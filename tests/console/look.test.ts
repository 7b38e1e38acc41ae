/** How the pages look: nothing that axe finds serious, light and dark, and nothing wider than a phone. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { Browser } from "playwright-core"
import { seriousFindings } from "./axe.ts"
import { browserPath, noBrowser, openBrowser } from "./browser.ts"
import { openFilled } from "./filled-gateway.ts"
import { fillManaged, managedVariables, writer } from "./managed-gateway.ts"
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

  test("the longest ids, names and texts fit the narrowest phone, and what is blank can be seen", async () => {
    const [account, id] = ["a".repeat(64), "g".repeat(64)]
    const filled = await openFilled("bun", 0, {
      BASEGATE_CONFIG: JSON.stringify({
        gateways: { [`${account}/${id}`]: {}, [`acme/${id}`]: {}, "*": {} },
      }),
    })
    const { page, problems, end } = await visit(browser, { viewport: { width: 320, height: 640 } })
    try {
      for (const model of ["m".repeat(100_000), " "]) {
        const metadata = { ["k".repeat(60)]: "v".repeat(500) }
        await filled.call(id, model, { "cf-aig-metadata": JSON.stringify(metadata) })
        await filled.call("support", model)
      }
      await logIn(page, filled.url)
      const ofOne = `account=acme&gateway=${id}`
      const places = ["", "/log", "/log?view=errors&", "/spend", "/gateways", "/playground", "/health"]
        .map((place) => `${place}${place.includes("?") ? "" : "?"}${ofOne}`)
      for (const place of [`?account=${account}`, `/log?account=${account}`, ...places]) {
        await page.goto(`${filled.url}/console${place}`)
        await page.getByRole("heading", { level: 1 }).waitFor()
        await settled(page)
        await fits(page).catch(({ message }: Error) => assert.fail(`${place}: ${message}`))
      }
      await page.goto(`${filled.url}/console/log?${ofOne}`)
      await page.getByText("“ ”", { exact: true }).waitFor()
      const rows = page.locator("table.log tbody tr")
      for (const row of [0, 1]) {
        const box = await rows.nth(row).boundingBox()
        assert.ok((box?.height ?? Infinity) < 160, `${box?.height} px high`)
        await rows.nth(row).getByRole("link").click()
        await page.getByRole("heading", { name: "Timeline" }).waitFor()
        await settled(page)
        await fits(page)
        await page.goBack()
      }
      assert.deepEqual(problems, [])
    } finally {
      await end()
      await filled.close()
    }
  })

  test("the longest names of what is written fit a phone and a desk, and the open part of a page is in sight", async () => {
    const filled = await openFilled("bun", 0, managedVariables)
    const { page, problems, end } = await visit(browser)
    try {
      await fillManaged(filled, 1)
      const write = writer(filled)
      const team = "/gateways/team"
      const [name, models] = ["W".repeat(64), [`openai/${"m".repeat(120)}`]]
      await write("POST", `${team}/tokens`, { name, models, metadata: { team: "v".repeat(120) } })
      await write("POST", `${team}/datasets`, { name, filters: [] })
      const elements = [{ id: "start", type: "start", outputs: { next: { elementId: "end" } } }, {
        id: "end",
        type: "end",
      }]
      await write("POST", `${team}/routes`, { name, elements })
      const [dataset] = await write("GET", `${team}/datasets`) as unknown as ReadonlyArray<{ id: string }>
      await write("POST", `${team}/evaluations`, {
        name,
        dataset_ids: [dataset?.id],
        evaluation_type_ids: ["cost", "speed"],
      })
      await logIn(page, filled.url)
      const ofTeam = ["tokens", "routes", "audit"].map((tab) => `/gateways?gateway=team&tab=${tab}`)
      const lists = ["", "&tab=datasets", "&new=1"].map((rest) => `/evaluations?gateway=team${rest}`)
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 640 })
        for (const place of [...ofTeam, ...lists, "/gateways?tab=use"]) {
          await page.goto(`${filled.url}/console${place}`)
          await page.getByText(name).or(page.getByRole("row")).first().waitFor()
          await settled(page)
          await fits(page).catch(({ message }: Error) => assert.fail(`${place}, ${width}: ${message}`))
          const tab = await page.locator(".tabs [aria-current]").boundingBox()
          assert.ok(
            tab !== null && tab.x >= 0 && tab.x + tab.width <= width,
            `${place}: the tab is out of sight`,
          )
        }
      }
      assert.deepEqual(problems, [])
    } finally {
      await end()
      await filled.close()
    }
  })
})
