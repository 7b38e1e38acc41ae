/** Which requests a spend rule is about. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { asker, statusesOf } from "../ask.ts"
import { budget, costing } from "../budgets.ts"
import { chat, type Configured, type Harness, json } from "../harness.ts"

const partition = { mode: "partition" }
const filter = (...values: ReadonlyArray<string>) => ({ mode: "filter", values })

/** What these cases need configured. */
export const spendRuleEntries = ({ url }: { readonly url: string }): Configured => ({
  entries: {
    "spend-model": budget({ model: filter("zai-org/GLM-5.2") }),
    "spend-model-each": budget({ model: partition }),
    "spend-provider": {
      ...budget({ provider: filter("custom-same") }),
      custom_providers: { same: { base_url: url, allow_http: true } },
    },
    "spend-team": budget({ metadata: { team: filter("search", "ads") } }),
    "spend-user": budget({ metadata: { user: partition } }),
    "spend-two": budget({ limit: 2 }, { metadata: { user: partition } }),
    "spend-disabled": budget({ enabled: false }),
    "spend-off": { spend_limits: { ...budget({}).spend_limits, enabled: false } },
    "spend-steps": budget({ model: filter("openai/gpt-oss-120b") }),
  },
})

export const spendRuleCases = (harness: Harness): void => {
  const ask = asker(harness)
  const statuses = statusesOf(ask)
  const of = (metadata: object) => ({ "cf-aig-metadata": JSON.stringify(metadata) })

  test("a rule for some models neither counts nor refuses others", async () => {
    const one = { id: harness.nextCase(), entry: "spend-model", headers: costing(2) }
    const named = { ...one, body: chat({ model: "zai-org/GLM-5.2" }) }
    assert.deepEqual(await statuses([one, one, named, named, one]), [200, 200, 200, 429, 200])
  })

  test("a rule by model has a budget for each", async () => {
    const one = { id: harness.nextCase(), entry: "spend-model-each", headers: costing(2) }
    const other = { ...one, body: chat({ model: "zai-org/GLM-5.2" }) }
    assert.deepEqual(await statuses([one, one, other, other]), [200, 429, 200, 429])
  })

  test("a rule for a provider neither counts nor refuses others", async () => {
    const one = { id: harness.nextCase(), entry: "spend-provider", headers: costing(2) }
    const custom = { ...one, path: "custom-same/v1/chat/completions" }
    assert.deepEqual(await statuses([one, one, custom, custom, one]), [200, 200, 200, 429, 200])
  })

  test("a rule with a metadata filter counts only matching requests, together", async () => {
    const as = (team?: string) => ({
      id: harness.nextCase(),
      entry: "spend-team",
      headers: { ...costing(0.6), ...(team && of({ team })) },
    })
    assert.deepEqual(
      await statuses([
        as(),
        as(),
        as("sales"),
        as("sales"),
        as("search"),
        as("ads"),
        as("search"),
        as("ads"),
        as(),
      ]),
      [200, 200, 200, 200, 200, 200, 429, 429, 200],
    )
  })

  test("a rule by metadata has a budget for each value", async () => {
    const as = (user?: string) => ({
      id: harness.nextCase(),
      entry: "spend-user",
      headers: { ...costing(2), ...(user && of({ user })) },
    })
    assert.deepEqual(await statuses([as("a"), as("a"), as("b"), as("b"), as(), as()]), [
      200,
      429,
      200,
      429,
      200,
      200,
    ])
  })

  test("every rule that matches must be under budget", async () => {
    const as = (user: string) => ({
      id: harness.nextCase(),
      entry: "spend-two",
      headers: { ...costing(1), ...of({ user }) },
    })
    assert.deepEqual(await statuses([as("a"), as("a"), as("b"), as("c")]), [200, 429, 200, 429])
  })

  test("disabled rules and disabled limits refuse nothing", async () => {
    for (const entry of ["spend-disabled", "spend-off"]) {
      const one = { id: harness.nextCase(), entry, headers: costing(5) }
      assert.deepEqual(await statuses([one, one, one]), [200, 200, 200])
    }
  })

  test("a step over budget falls back to the next", async () => {
    const id = harness.nextCase()
    const step = (model: string) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { ...json, ...costing(2) },
      query: JSON.parse(chat({ model })) as unknown,
    })
    const steps = [step("openai/gpt-oss-120b"), step("zai-org/GLM-5.2")]
    const one = { id, entry: "spend-steps", path: "", body: JSON.stringify(steps) }
    const [first, next] = [await ask(one), await ask(one)]
    assert.deepEqual([first.response.status, next.response.status], [200, 200])
    assert.deepEqual(
      [first, next].map(({ response }) => response.headers.get("cf-aig-step")),
      ["0", "1"],
    )
  })
}
