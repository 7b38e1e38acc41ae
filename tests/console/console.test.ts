/** The console in a real browser, over a real gateway on each runtime. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import type { Browser, Page } from "playwright-core"
import { type Runtime, runtimes } from "../support/spawn-gateway.ts"
import { seriousFindings } from "./axe.ts"
import { browserPath, noBrowser, openBrowser } from "./browser.ts"
import { adminToken, type Filled, openFilled } from "./filled-gateway.ts"
import { goTo, logIn, settled, until, type Visit, visit } from "./visit.ts"

const path = browserPath()
const names = ["Overview", "Log", "Spend and limits", "Evaluations", "Gateways", "Playground", "Health"]
const rows = (page: Page): Promise<number> => page.locator("table.log tbody tr").count()

/** Gateways that start while others are tested. */
const started = new Map<Runtime, Promise<Filled>>()
const start = (runtime: Runtime | undefined): Promise<Filled> | undefined => {
  if (runtime === undefined) return undefined
  const filled = started.get(runtime) ?? openFilled(runtime, 12)
  // Whoever waits for it is told.
  filled.catch(() => {})
  started.set(runtime, filled)
  return filled
}

interface Spoken {
  readonly protocol: string
  readonly messages: ReadonlyArray<string | number>
  readonly closed: readonly [code: number, reason: string, wasClean: boolean]
}

/** What a page does to say something over a socket to a model, of a gateway that has tokens. */
const speaking = (url: string, script: object): string => {
  const target = `${url.replace("http", "ws")}/v1/acme/sockets/baseten/model/abcd1234/websocket`
  const query = `?socket=${encodeURIComponent(JSON.stringify(script))}`
  return `new Promise((resolve) => {
    const socket = new WebSocket(${JSON.stringify(target + query)}, ["cf-aig-authorization.tok-page"])
    const messages = []
    let protocol = ""
    socket.binaryType = "arraybuffer"
    socket.onopen = () => {
      protocol = socket.protocol
      socket.send("héllo 世界")
      socket.send(new Uint8Array(70000))
    }
    socket.onmessage = ({ data }) => {
      messages.push(typeof data === "string" ? data : data.byteLength)
      if (messages.length === 2) socket.close(4001, "done")
    }
    socket.onclose = ({ code, reason, wasClean }) =>
      resolve({ protocol, messages, closed: [code, reason, wasClean] })
  })`
}

describe("console", { skip: path === undefined ? noBrowser : false }, () => {
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
      before(async () => {
        gateway = await start(runtime) as Filled
        start(runtimes[runtimes.indexOf(runtime) + 1])
        opened = await visit(browser)
      })
      after(async () => {
        await opened?.end()
        await gateway?.close()
      })

      test("a wrong token is told so; the right one opens a session that outlives a reload", async () => {
        const { page } = opened
        await page.goto(`${gateway.url}/console`)
        await page.getByLabel("Admin token").fill("wrong")
        await page.getByRole("button", { name: "Log in" }).click()
        assert.match(await page.getByRole("alert").innerText(), /admin token is not valid/)
        await logIn(page, gateway.url)
        await page.reload()
        await page.getByRole("link", { name: "Overview", exact: true }).waitFor()
        const kept = await page.evaluate(
          "[location.href, document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage })]",
        ) as ReadonlyArray<string>
        assert.ok(!kept.join().includes(adminToken))
        assert.deepEqual(kept.slice(1), ["", "{}"])
      })

      test("each page opens by its link, shows data, and breaks no policy", async () => {
        const { page, problems } = opened
        await goTo(page, "Overview")
        await page.getByText("Requests by outcome", { exact: true }).waitFor()
        assert.ok(await page.locator("canvas").count() >= 8)
        const figure = await page.locator(".card .figure").first().innerText()
        assert.equal(figure, "13")
        for (const name of names) await goTo(page, name)
        const runs = { bun: /Bun\//, deno: /Deno\//, node: /Node\.js\//, workerd: /Workers/ }[runtime]
        await page.getByText(runs).first().waitFor()
        assert.deepEqual(problems, [])
      })

      test("the log filters by the address, opens a request by keyboard alone, and goes back", async () => {
        const { page, problems } = opened
        await goTo(page, "Log")
        const chosen = page.getByRole("combobox", { name: "Gateway" })
        assert.equal(await chosen.inputValue(), "support", "has the most requests")
        await chosen.selectOption("search")
        await settled(page)
        await page.reload()
        assert.equal(await chosen.inputValue(), "search")
        await chosen.selectOption("support")
        await settled(page)
        const all = await rows(page)
        await page.getByRole("button", { name: "Failed", exact: true }).click()
        await settled(page)
        const failed = await rows(page)
        assert.ok(failed > 0 && failed < all, `${failed} of ${all}`)
        assert.match(decodeURIComponent(page.url()), /"key":"success"/)
        await page.reload()
        await page.locator("table.log tbody tr a").first().focus()
        await page.keyboard.press("Enter")
        await page.getByRole("heading", { name: "Timeline" }).waitFor()
        await page.getByText("Try 1").first().waitFor()
        await page.keyboard.press("Escape")
        await page.getByRole("dialog").waitFor({ state: "detached" })
        await page.goBack()
        await page.getByRole("dialog").waitFor()
        await page.getByRole("link", { name: "Close" }).click()
        await page.getByRole("button", { name: "Clear" }).click()
        await settled(page)
        assert.equal(await rows(page), all)
        assert.deepEqual(problems, [])
      })

      test("hostile text shows as text", async () => {
        const { page, problems } = opened
        await page.getByText("<img src=x").first().waitFor()
        const text = await page.locator("table.log").innerText()
        assert.ok(!text.includes("\u001b") && !text.includes("\u202e"))
        assert.equal(await page.locator("table.log img").count(), 0)
        assert.notEqual(await page.title(), "owned")
        assert.deepEqual(problems, [])
      })

      test("the live tail shows a call that is made meanwhile", async () => {
        const { page, problems } = opened
        await page.getByRole("button", { name: "Live tail" }).click()
        await page.getByText("Live: requests appear").waitFor()
        await settled(page)
        const before = await rows(page)
        await gateway.call("support", "openai/gpt-oss-120b", { "cf-aig-event-id": "live-one" })
        await until(async () => await rows(page) > before)
        await page.getByRole("button", { name: "Live tail" }).click()
        assert.deepEqual(problems, [])
      })

      test("the playground streams an answer, and finds it in the log", async () => {
        const { page, problems } = opened
        await goTo(page, "Playground")
        await page.getByRole("combobox", { name: "Gateway" }).selectOption("support")
        await page.getByLabel("Provider's API key").fill("sk-own")
        await page.getByRole("button", { name: "Run" }).click()
        await until(async () => (await page.locator("p.answer").last().innerText()).length > 10)
        await page.getByRole("link", { name: "Show it in the log" }).click()
        await page.getByRole("heading", { name: "Timeline" }).waitFor()
        assert.deepEqual(problems, [])
      })

      test("requests of the log become a dataset, a judge judges them, and two runs stand side by side", async () => {
        const { page, problems } = opened
        await page.goto(`${gateway.url}/console/log?gateway=support`)
        await page.getByRole("button", { name: "Succeeded", exact: true }).click()
        await page.getByRole("link", { name: "Make a dataset" }).click()
        await page.getByText(/requests? fits? by now/).waitFor()
        await page.getByRole("button", { name: "Go on" }).click()
        await page.getByLabel("Name").fill("good ones")
        await page.keyboard.press("Enter")
        await page.getByRole("rowheader", { name: "good ones" }).waitFor()
        const tabs = page.getByRole("navigation", { name: "Parts of the page" })
        await tabs.getByRole("link", { name: "Judges" }).click()
        await page.getByRole("button", { name: "New judge" }).click()
        await page.getByLabel("Name").fill("Helpful")
        await page.getByLabel("Criteria").fill("Is it helpful? {{answer}}")
        await page.getByRole("button", { name: "Create" }).click()
        await page.getByRole("rowheader", { name: "Helpful" }).waitFor()
        for (const name of ["first", "second"]) {
          await tabs.getByRole("link", { name: "Evaluations" }).click()
          await page.getByRole("button", { name: "New evaluation" }).click()
          await page.getByLabel("Name").fill(name)
          await page.getByRole("checkbox", { name: "Helpful" }).check()
          await page.getByRole("button", { name: "Run", exact: true }).click()
          await page.getByRole("heading", { name: "Judge: Helpful" }).waitFor()
          await page.getByText("done", { exact: true }).waitFor()
          await until(async () => await page.locator("table.verdicts tbody tr").count() > 0)
        }
        await page.getByLabel("Compare with").selectOption({ label: "first" })
        await page.getByRole("heading", { name: "Helpful: which requests changed" }).waitFor()
        await page.getByText("the same", { exact: true }).first().waitFor()
        await page.reload()
        await page.getByRole("heading", { name: "Side by side" }).waitFor()
        assert.deepEqual(await seriousFindings(page), [])
        await page.getByRole("link", { name: "All evaluations" }).click()
        await page.getByRole("button", { name: "Delete first" }).click()
        await page.getByRole("button", { name: "Delete the evaluation" }).click()
        await page.getByRole("link", { name: "first", exact: true }).waitFor({ state: "detached" })
        assert.deepEqual(problems, [])
      })

      test("a month's spend is a file, and logging out ends the session", async () => {
        const { page, problems } = opened
        await page.goto(`${gateway.url}/console/spend`)
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("button", { name: "Download CSV" }).click(),
        ])
        assert.match(readFileSync(await download.path(), "utf8"), /openai\/gpt-oss-120b/)
        await page.getByRole("button", { name: "Log out" }).click()
        await page.getByLabel("Admin token").waitFor()
        await page.reload()
        await page.getByLabel("Admin token").waitFor()
        assert.deepEqual(problems, [])
      })

      test("a page talks to a model over a WebSocket: its token as a subprotocol, text, bytes, and a close", async () => {
        const page = await browser.newPage()
        try {
          // A page of the gateway's own origin, which has no policy of its own.
          await page.goto(`${gateway.url}/livez`)
          const speak = async (script: object) => await page.evaluate(speaking(gateway.url, script)) as Spoken
          assert.deepEqual(await speak({}), {
            protocol: "cf-aig-authorization.tok-page",
            messages: ["héllo 世界", 70_000],
            closed: [4001, "done", true],
          })
          const { closed } = await speak({ close: 4002, reason: "no more", after: 1 })
          assert.deepEqual(closed, [4002, "no more", true])
          await page.goto("data:text/html,elsewhere")
          const elsewhere = await speak({})
          assert.deepEqual([elsewhere.protocol, elsewhere.closed[0]], ["", 1006])
        } finally {
          await page.close()
        }
      })
    })
  }
})
