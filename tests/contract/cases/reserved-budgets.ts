/** Budgets that reserve: no burst overspends them, and whatever ends a call gives back what it did not cost. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ask, asker } from "../ask.ts"
import { budget, costing } from "../budgets.ts"
import { chat, type Configured, eventually, fault, type Harness } from "../harness.ts"

const reserved = (rule: object = {}, entry: object = {}) => {
  const { spend_limits } = budget(rule)
  return { spend_limits: { ...spend_limits, reserve: true }, ...entry }
}

/** What these cases need configured. */
export const reservedBudgetEntries = (): Configured => ({
  entries: {
    "reserve-burst": reserved(),
    "reserve-large": reserved({ limit: 0.1 }),
    "reserve-endings": reserved(),
    "reserve-tries": reserved({}, { retry_max_attempts: 3, retry_delay: 1 }),
    "reserve-priced": reserved({ limit: 0.001 }, {
      prices: { "openai/gpt-oss-120b": { input: 0, output: 1 } },
    }),
  },
})

export const reservedBudgetCases = (harness: Harness): void => {
  const ask = asker(harness)
  const eventuallyPasses = async (one: Ask): Promise<void> => {
    let last = 0
    for (let tries = 0; tries < 100 && last !== 200; tries++) {
      last = (await ask(one)).response.status
      if (last !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.equal(last, 200)
  }

  test("of 100 streams at once no more pass than the budget allows, and all of it can be spent", async () => {
    const body = chat({ stream: true })
    const one = { id: harness.nextCase(), entry: "reserve-burst", headers: costing(0.03), body }
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(one)))
    const passed = answers.filter(({ response }) => response.status === 200).length
    assert.ok(passed <= 33, `${passed}`)
    let [all, refused] = [passed, 0]
    // What is held is settled soon after each answer, and 33 fit in all.
    while (refused < 20 && all < 33) {
      const { response } = await ask(one)
      if (response.status === 200) all++
      else {
        refused++
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    assert.equal(all, 33)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { response } = await ask(one)
    assert.equal(response.status, 429)
    assert.equal(response.headers.get("cf-aig-cache-status"), null)
  })

  test("a call that may cost more than the whole budget is 429, code 2041, with the reason", async () => {
    const one = { id: harness.nextCase(), entry: "reserve-large", headers: costing(0.2) }
    const { response, bytes } = await ask(one)
    assert.equal(response.status, 429)
    const { internalCode, description } = JSON.parse(bytes.toString()) as Record<string, string | number>
    assert.equal(internalCode, 2041)
    assert.match(String(description), /may cost more than that by itself: set a lower max_tokens$/)
    await eventuallyPasses({ ...one, headers: costing(0.1) })
  })

  test("a priced call reserves max_tokens; without it, the model's most output tokens", async () => {
    const one = { id: harness.nextCase(), entry: "reserve-priced" }
    const status = async (members: object) => (await ask({ ...one, body: chat(members) })).response.status
    assert.equal(await status({}), 429)
    assert.equal(await status({ max_tokens: 100_000 }), 429)
    assert.equal(await status({ max_tokens: 600, n: 2 }), 429)
    assert.equal(await status({ max_tokens: 600, n: "2" }), 429)
    // A member of another format limits no chat.
    assert.equal(await status({ max_output_tokens: 5 }), 429)
    const prompts = { model: "openai/gpt-oss-120b", max_tokens: 600, prompt: ["one", "two"] }
    const completions = { ...one, path: "baseten/v1/completions", body: JSON.stringify(prompts) }
    assert.equal((await ask(completions)).response.status, 429)
    assert.equal(await status({ max_tokens: 900 }), 200)
  })

  test("a call that fails, or whose client leaves, releases its reservation", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "reserve-endings", headers: costing(1) }
    const failed = await ask({ ...one, headers: { ...one.headers, ...fault({ status: 500 }) } })
    assert.equal(failed.response.status, 500)
    if (harness.flags.noticesSilentLeave && harness.flags.noticesLeaveAfterUpload) {
      const controller = new AbortController()
      const headers = { ...one.headers, ...fault({ hang: "headers" }) }
      const before = harness.simulator.requests(id).length
      const left = ask({ ...one, headers, signal: controller.signal }).catch(() => undefined)
      for (let tries = 0; tries < 20 && harness.simulator.requests(id).length === before; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      controller.abort()
      await left
      await eventually(
        "it is ended",
        () => harness.simulator.requests(id).every(({ outcome }) => outcome !== undefined),
      )
    }
    await eventuallyPasses(one)
  })

  test("all tries of a call share one reservation", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "reserve-tries", headers: costing(0.5) }
    const order = JSON.stringify({ case: id, fault: { status: 500 }, times: 1 })
    await fetch(`${harness.simulator.url}/_simulator/faults`, { method: "POST", body: order })
    assert.equal((await ask(one)).response.status, 200)
    assert.equal(harness.simulator.requests(id).length, 2)
    await eventuallyPasses(one)
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal((await ask(one)).response.status, 429)
  })
}
