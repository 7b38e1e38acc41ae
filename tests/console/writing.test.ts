/** The pages of the console that write, in a real browser, over a real gateway on each runtime. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { Browser, Locator, Page } from "playwright-core"
import { type Runtime, runtimes } from "../support/spawn-gateway.ts"
import { seriousFindings } from "./axe.ts"
import { browserPath, noBrowser, openBrowser } from "./browser.ts"
import { adminToken, type Filled, openFilled } from "./filled-gateway.ts"
import { fillManaged, managedVariables, writer } from "./managed-gateway.ts"
import { fits, goTo, logIn, settled, tabTo, until, type Visit, visit } from "./visit.ts"

const path = browserPath()
const reader = "adm-reader-9d8e7f"
const variables = {
  ...managedVariables,
  BASEGATE_ADMIN_TOKEN: `${adminToken},reader:read:${reader}`,
}

/** What went wrong on a page, but for refusals that a test asks for. */
const unasked = ({ problems }: Visit): ReadonlyArray<string> =>
  problems.filter((problem) => !/status of 4\d\d/.test(problem))

const button = (page: Page | Locator, name: string | RegExp): Locator =>
  page.getByRole("button", { name, exact: typeof name === "string" })
const link = (page: Page, name: string): Locator => page.getByRole("link", { name, exact: true })

/** A setting's row. */
const row = (page: Page, name: string): Locator => page.locator("table.settings tr", { hasText: name })

/** Opens a part of a page by its link. */
const tab = async (page: Page, name: string): Promise<void> => {
  await page.getByRole("navigation", { name: "Parts of the page" }).getByRole("link", { name, exact: true })
    .click()
}

const gateways = async (page: Page): Promise<void> => {
  await link(page, "Gateways").first().click()
  await page.getByRole("combobox", { name: "Gateway" }).selectOption("")
  await tab(page, "Gateways")
}

const open = async (page: Page, gateway: string): Promise<void> => {
  await gateways(page)
  await page.getByRole("searchbox", { name: "Search gateways by name" }).fill(gateway)
  await page.getByRole("table").getByRole("link", { name: gateway, exact: true }).click()
  await page.getByRole("heading", { name: gateway, exact: true }).waitFor()
}

interface Managed {
  readonly gateway: Filled
  /** The token of a holder. */
  readonly holder: string
}

/** Gateways that start while others are tested. */
const started = new Map<Runtime, Promise<Managed>>()
const start = (runtime: Runtime | undefined): Promise<Managed> | undefined => {
  if (runtime === undefined) return undefined
  const managed = started.get(runtime) ?? openFilled(runtime, 1, variables).then(async (gateway) => ({
    gateway,
    holder: (await fillManaged(gateway, 6)).token,
  }))
  // Whoever waits for it is told.
  managed.catch(() => {})
  started.set(runtime, managed)
  return managed
}

describe("console: what writes", { skip: path === undefined ? noBrowser : false }, () => {
  let browser: Browser
  before(async () => {
    start(runtimes[0])
    browser = await openBrowser(path ?? "")
  })
  after(() => browser?.close())

  for (const runtime of runtimes) {
    describe(runtime, () => {
      let gateway: Filled
      let opened: Visit
      let holder = ""
      before(async () => {
        ;({ gateway, holder } = await start(runtime) as Managed)
        start(runtimes[runtimes.indexOf(runtime) + 1])
        opened = await visit(browser)
      })
      after(async () => {
        await opened?.end()
        await gateway?.close()
      })

      test("by keyboard alone: log in, find a request and come back, change a setting", async () => {
        const { page } = opened
        const press = async (wanted: Locator): Promise<void> => {
          await tabTo(page, wanted)
          await page.keyboard.press("Enter")
        }
        await page.goto(`${gateway.url}/console`)
        await tabTo(page, page.getByLabel("Admin token"))
        await page.keyboard.type(adminToken)
        await page.keyboard.press("Enter")
        await press(link(page, "Overview"))
        await page.getByText("Requests by outcome", { exact: true }).waitFor()
        await press(link(page, "Log"))
        await tabTo(page, page.getByRole("combobox", { name: "Gateway" }))
        await page.keyboard.type("team")
        await settled(page)
        await press(page.locator("table.log tbody tr a").first())
        await page.getByRole("heading", { name: "Timeline" }).waitFor()
        await page.keyboard.press("Escape")
        await page.getByRole("dialog").waitFor({ state: "detached" })
        await press(link(page, "Gateways"))
        await press(link(page, "Edit the settings"))
        await tabTo(page, page.getByLabel("cache_ttl", { exact: true }), 200)
        await page.keyboard.type("4321")
        await page.keyboard.press("Enter")
        await page.getByRole("heading", { name: "cache_ttl" }).waitFor()
        await press(button(page, "Save"))
        await until(async () => /4321\s+written here/.test(await row(page, "cache_ttl").innerText()))
        assert.deepEqual(unasked(opened), [])
      })

      test("settings are edited with the file's own checks, on top of what another has saved", async () => {
        const { page } = opened
        await open(page, "team")
        await link(page, "Edit the settings").click()
        await page.getByLabel("cache_ttl", { exact: true }).fill("soon")
        await button(page, "Review the changes").click()
        await page.getByText("soon").first().waitFor()
        await button(page, "Save").click()
        const problem = page.locator(".setting", { hasText: "cache_ttl" }).getByRole("alert").first()
        assert.match(await problem.innerText(), /^expected a number/)
        await page.getByLabel("cache_ttl", { exact: true }).fill("60")
        await writer(gateway)("PATCH", "/gateways/team", { retry_max_attempts: 5 })
        await button(page, "Review the changes").click()
        await button(page, "Save").click()
        await page.getByText("Somebody else has changed this gateway meanwhile").waitFor()
        await page.getByRole("heading", { name: "retry_max_attempts" }).waitFor()
        await button(page, "Go on from the newer version").click()
        await button(page, "Save").click()
        await link(page, "Edit the settings").waitFor()
        for (const [name, value] of [["cache_ttl", "60"], ["retry_max_attempts", "5"]] as const) {
          const shows = new RegExp(`\\s${value}\\s+written here`)
          await until(async () => shows.test(await row(page, name).innerText()))
        }
        assert.deepEqual(unasked(opened), [])
      })

      test("what is typed outlives another page, and the end of the session", async () => {
        const { page } = opened
        await link(page, "Edit the settings").click()
        await button(page, "JSON").click()
        const editor = page.getByLabel("Settings as JSON")
        await editor.fill('{"authentication": true, "idle_timeout": 1234}')
        await link(page, "Health").click()
        await open(page, "team")
        await link(page, "Go on").click()
        assert.equal(await page.getByLabel("idle_timeout", { exact: true }).inputValue(), "1234")
        await button(page, "Review the changes").click()
        const refusal = { success: false, errors: [{ code: 10000, message: "It may only read." }] }
        await page.route("**/gateways/team", (route) => route.fulfill({ status: 403, json: refusal }), {
          times: 1,
        })
        await button(page, "Save").click()
        await page.getByText("It may only read.").waitFor()
        await page.context().clearCookies()
        await button(page, "Save").click()
        await page.getByText("what you have typed is still there").waitFor()
        await page.getByLabel("Admin token").fill(adminToken)
        await button(page, "Log in").click()
        await button(page, "Save").click()
        await row(page, "idle_timeout").waitFor()
        await row(page, "cache_ttl").waitFor({ state: "detached" })
        assert.deepEqual(unasked(opened), [])
      })

      test("the audit tells who changed what, and when", async () => {
        const { page } = opened
        await tab(page, "Audit")
        const first = page.locator(".audit li").first()
        assert.match(await first.innerText(), /admin changed the gateway team/)
        await first.locator("summary").click()
        assert.match(await first.locator(".diff").innerText(), /idle_timeout[^]*1234/)
        await link(page, "Link to this change").first().click()
        await until(async () => await page.locator(".audit li").count() === 1)
        await button(page, "Yesterday").click()
        await page.getByText("Nothing was changed that fits.").waitFor()
        await page.goBack()
        await until(async () => await page.locator(".audit li").count() === 1)
        assert.deepEqual(unasked(opened), [])
      })

      test("a token is made, shown once, changed, rotated and revoked", async () => {
        const { page } = opened
        await tab(page, "Tokens")
        await button(page, "New token").click()
        const window = page.getByRole("dialog")
        await window.getByLabel("Name").fill("zoe")
        await button(window, "$10 a month").click()
        await button(window, "Make the token").click()
        const value = await window.locator(".secret code").innerText()
        assert.match(value, /^bgt_/)
        await button(window, "I have it").click()
        await page.getByRole("row", { name: /zoe/ }).getByText("$10 in a month").waitFor()
        assert.ok(!(await page.content()).includes(value))
        const usage = (token: string): Promise<number> =>
          fetch(`${gateway.url}/v1/acme/team/usage`, { headers: { "cf-aig-authorization": token } })
            .then(({ status }) => status)
        assert.equal(await usage(value), 200)
        await button(page, "Edit zoe").click()
        await window.getByLabel("Metadata (JSON)").fill('{"team": ["no"]}')
        await button(window, "Save").click()
        await window.getByRole("alert").first().waitFor()
        await window.getByLabel("Metadata (JSON)").fill('{"team": "maps"}')
        await button(window, "Save").click()
        await page.getByRole("row", { name: /zoe/ }).getByText("team: maps").waitFor()
        await button(page, "Rotate zoe").click()
        await window.getByLabel("The value of before").selectOption("0")
        await button(window, "Rotate").click()
        const newer = await window.locator(".secret code").innerText()
        await button(window, "I have it").click()
        assert.deepEqual([await usage(value), await usage(newer)], [401, 200])
        await button(page, "Revoke zoe").click()
        assert.ok(await button(window, "Revoke the token").isDisabled())
        await window.getByLabel(/Type zoe/).fill("zoe")
        await page.keyboard.press("Enter")
        await page.getByRole("row", { name: /zoe/ }).waitFor({ state: "detached" })
        assert.equal(await usage(newer), 401)
        assert.match(await page.getByRole("row", { name: /^ann/ }).innerText(), /today\s+6\s/)
        assert.deepEqual(unasked(opened), [])
      })

      test("a provider's key is added, replaced and removed, and never shown", async () => {
        const { page } = opened
        await tab(page, "Provider keys")
        const sealed = page.getByRole("row", { name: /default.*baseten/ })
        await sealed.getByText("****").waitFor()
        await sealed.getByText("today").waitFor()
        await button(page, "New provider key").click()
        const window = page.getByRole("dialog")
        await window.getByLabel("Provider").selectOption("custom-spare")
        await window.getByLabel(/Alias/).fill("second")
        await window.getByLabel("The key").fill("env:BASEGATE_ADMIN_TOKEN")
        await button(window, "Add the key").click()
        assert.match(await window.getByRole("alert").innerText(), /BASEGATE_/)
        await window.getByLabel("The key").fill("sk-another-secret-5555")
        await button(window, "Add the key").click()
        const second = page.getByRole("row", { name: /second/ })
        await second.getByText("****5555").waitFor()
        await button(page, "Replace second of custom-spare").click()
        await window.getByLabel(/The new key/).fill("env:SPARE_KEY")
        await button(window, "Save").click()
        await second.getByText("env:SPARE_KEY").waitFor()
        await button(page, "Remove second of custom-spare").click()
        await window.getByLabel(/Type second/).fill("second")
        await button(window, "Remove the key").click()
        await second.waitFor({ state: "detached" })
        assert.deepEqual(unasked(opened), [])
      })

      test("a route is drawn with its traffic, edited, deployed and rolled back", async () => {
        const { page } = opened
        await tab(page, "Dynamic routes")
        const graph = page.getByRole("img", { name: "The route chat as a graph" })
        await graph.getByText("If").waitFor()
        await page.getByText("6 requests").first().waitFor()
        await page.getByText("As a table").click()
        assert.match(await page.getByRole("row", { name: /plan.*false/ }).innerText(), /split\s+4$/)
        await link(page, "Edit the elements").click()
        const editor = page.getByLabel("Elements", { exact: true })
        const text = await editor.inputValue()
        await editor.fill(text.replace("zai-org/GLM-5.3", "zai-org/GLM-9"))
        await page.getByLabel(/What is new/).fill("a larger one")
        await button(page, "Save as a version").click()
        await page.getByText("What this version changes of the one that is deployed").waitFor()
        await button(page, "Deploy").click()
        await button(page.getByRole("dialog"), "Deploy").click()
        await graph.locator("text", { hasText: "zai-org/GLM-9" }).waitFor()
        await button(page, "Roll back to this").click()
        await button(page.getByRole("dialog"), "Deploy").click()
        await graph.locator("text", { hasText: "zai-org/GLM-5.3" }).waitFor()
        assert.deepEqual(unasked(opened), [])
      })

      test("a custom provider is added, changed and deleted; hostile text is text", async () => {
        const { page } = opened
        await gateways(page)
        await tab(page, "Custom providers")
        await page.getByText("<img src=x").first().waitFor()
        await button(page, "New custom provider").click()
        const window = page.getByRole("dialog")
        await window.getByLabel("Name").fill("Local")
        await window.getByLabel(/^Slug/).fill("local")
        await window.getByLabel(/^Base URL/).fill("http://example.com")
        await button(window, "Add the provider").click()
        await window.getByRole("alert").first().waitFor()
        await window.getByLabel(/^Base URL/).fill("https://example.com")
        await button(window, "Add the provider").click()
        await page.getByRole("row", { name: /custom-local/ }).waitFor()
        await button(page, "Edit local").click()
        await window.getByLabel("Description").fill("Of the house")
        await button(window, "Save").click()
        await page.getByText("Of the house").waitFor()
        await button(page, "Delete local").click()
        await window.getByLabel(/Type local/).fill("local")
        await button(window, "Delete the provider").click()
        await page.getByRole("row", { name: /custom-local/ }).waitFor({ state: "detached" })
        assert.equal(await page.locator("main img").count(), 0)
        assert.notEqual(await page.title(), "owned")
        assert.deepEqual(unasked(opened), [])
      })

      test("keys that nobody uses are found, gateways made and deleted, declared ones left alone", async () => {
        const { page } = opened
        await tab(page, "Use of keys")
        await button(page, "Not used for 90 days").click()
        await page.getByRole("row", { name: /nightly-batch/ }).waitFor()
        assert.equal(await page.getByRole("row", { name: /^ann/ }).count(), 0)
        await tab(page, "Gateways")
        await button(page, "New gateway").click()
        const window = page.getByRole("dialog")
        await window.getByLabel("Name of the gateway").fill("fresh")
        await button(window, "Create").click()
        await page.getByRole("heading", { name: "fresh", exact: true }).waitFor()
        await button(page, "Delete the gateway").click()
        await window.getByLabel(/Type fresh/).fill("fresh")
        await button(window, "Delete the gateway").click()
        await page.getByRole("heading", { name: "4 gateways" }).waitFor()
        await open(page, "support")
        await page.getByText("These settings are declared in BASEGATE_CONFIG").waitFor()
        assert.equal(await link(page, "Edit the settings").count(), 0)
        assert.match(await row(page, "cache_ttl").innerText(), /60\s+BASEGATE_CONFIG/)
        assert.deepEqual(unasked(opened), [])
      })

      test("a token that may only read sees no way to write, and why", async () => {
        const other = await visit(browser)
        const { page } = other
        await page.goto(`${gateway.url}/console/gateways?account=acme&gateway=team`)
        await page.getByLabel("Admin token").fill(reader)
        await button(page, "Log in").click()
        await page.getByText('The admin token "reader" may only read').waitFor()
        for (const name of ["Tokens", "Provider keys", "Dynamic routes"]) {
          await tab(page, name)
          await page.getByText('The admin token "reader" may only read').waitFor()
        }
        const writes = /^(New|Edit|Rotate|Revoke|Replace|Remove|Delete|Deploy|Roll|Rename|Save)/
        assert.equal(await page.getByRole("button", { name: writes }).count(), 0)
        assert.equal(await page.getByRole("link", { name: /^Edit/ }).count(), 0)
        assert.deepEqual(unasked(other), [])
        await other.end()
      })

      test("the holder of a gateway's token sees its own usage, and nothing else", async () => {
        const other = await visit(browser)
        const { page } = other
        await page.goto(`${gateway.url}/console`)
        await page.getByLabel("gateway token").fill(holder)
        await button(page, "Log in").click()
        await page.getByRole("heading", { name: "Usage of ann" }).waitFor()
        assert.equal(await page.locator(".card .figure").first().innerText(), "6")
        await page.getByRole("row", { name: /^own/ }).waitFor()
        await page.reload()
        await page.getByRole("heading", { name: "Usage of ann" }).waitFor()
        const kept = await page.evaluate(
          "[location.href, document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage })].join()",
        )
        assert.ok(!String(kept).includes(holder))
        const statuses = await page.evaluate(`Promise.all([
          "/client/v4/accounts", "/client/v4/accounts/acme/ai-gateway/gateways/team/tokens",
          "/v1/acme/other/usage", "/v1/acme/team/usage",
        ].map((path) => fetch(path, { headers: { "x-basegate-console": "1" } }).then(({ status }) => status)))`)
        assert.deepEqual(statuses, [401, 401, 401, 200])
        assert.equal(await page.evaluate(`fetch("/v1/acme/team/usage").then(({ status }) => status)`), 401)
        await page.goto(`${gateway.url}/console/log`)
        await page.getByLabel("Admin token").waitFor()
        await page.goBack()
        await button(page, "Log out").click()
        await page.getByLabel("Admin token").waitFor()
        assert.equal(
          await page.evaluate(
            `fetch("/v1/acme/team/usage", { headers: { "x-basegate-console": "1" } }).then(({ status }) => status)`,
          ),
          401,
        )
        assert.deepEqual(unasked(other), [])
        await other.end()
      })
    })
  }

  test("no part has a serious finding of axe's, light and dark, nor is wider than a phone", async () => {
    const gateway = await openFilled("bun", 1, variables)
    try {
      await fillManaged(gateway, 2)
      const { page, problems, end } = await visit(browser, { viewport: { width: 390, height: 844 } })
      await logIn(page, gateway.url)
      /** All rules in the light; in the dark only colours differ. */
      const check = async (what: string): Promise<void> => {
        await settled(page)
        await fits(page)
        assert.deepEqual(await seriousFindings(page), [], `${what}, light`)
        await page.emulateMedia({ colorScheme: "dark" })
        assert.deepEqual(await seriousFindings(page, { runOnly: ["color-contrast"] }), [], `${what}, dark`)
        await page.emulateMedia({ colorScheme: "light" })
      }
      await goTo(page, "Gateways")
      for (const name of ["Gateways", "Use of keys", "Custom providers", "Audit"]) {
        await tab(page, name)
        await check(name)
      }
      await open(page, "team")
      await check("Settings")
      for (const name of ["Tokens", "Provider keys", "Dynamic routes"]) {
        await tab(page, name)
        await check(name)
        const make = button(page, /^New /)
        await make.click()
        await check(`${name}, new`)
        await page.keyboard.press("Escape")
        await until(() => make.evaluate((element) => element === element.ownerDocument.activeElement))
      }
      await link(page, "Edit the elements").click()
      await check("Elements")
      await tab(page, "Settings")
      await link(page, "Edit the settings").click()
      await check("Form")
      await page.getByLabel("cache_ttl", { exact: true }).fill("7")
      await button(page, "Review the changes").click()
      await check("Review")
      await button(page, "Discard").click()
      assert.deepEqual(problems, [])
      await end()
    } finally {
      await gateway.close()
    }
  })
})
