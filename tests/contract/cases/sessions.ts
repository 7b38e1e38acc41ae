/** Session affinity: choices among models that are kept for a conversation. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, failing, type Harness, json } from "../harness.ts"

const element = (id: string, type: string, to: Readonly<Record<string, string>>, properties?: object) => ({
  id,
  type,
  ...(properties && { properties }),
  outputs: Object.fromEntries(Object.entries(to).map(([output, elementId]) => [output, { elementId }])),
})
const [glm, gpt] = ["zai-org/GLM-5.3", "openai/gpt-oss-120b"]
const model = (id: string, name: string) =>
  element(id, "model", { success: "end" }, { provider: "baseten", model: name })
/** Two percentages in a row, each of which chooses anew. */
const routes = {
  half: [
    element("start", "start", { next: "share" }),
    element("share", "percentage", { "50%": "glm", else: "gpt" }),
    model("glm", glm),
    model("gpt", gpt),
    element("end", "end", {}),
  ],
}
const targets = [`baseten/${glm}`, `baseten/${gpt}`]
const aliases = {
  routes,
  model_aliases: { plain: { targets }, quick: { targets, order: "fastest" } },
  tokens: ["value-of-sessions", "value-of-other-sessions"],
}

/** What these cases need configured. */
export const sessionEntries = (): Configured => ({
  entries: { sessions: { ...aliases, session_affinity: true }, "no-sessions": aliases },
})

const names = Array.from({ length: 24 }, (_, index) => `conversation-${index}`)

export const sessionCases = (harness: Harness): void => {
  const ask = async (
    model: string,
    headers: Readonly<Record<string, string>>,
    { entry = "sessions", fails = [] as ReadonlyArray<object>, token = "value-of-sessions" } = {},
  ) => {
    const id = harness.nextCase()
    await failing(harness, id, fails)
    const response = await fetch(`${harness.entry(entry)}/compat/chat/completions`, {
      method: "POST",
      headers: { ...json, authorization: `Bearer ${token}`, "x-simulator-case": id, ...headers },
      body: chat({ model, max_tokens: 9 }),
    })
    const body = await response.text()
    const reached = harness.simulator.requests(id)
    return {
      status: response.status,
      body,
      reached,
      model: response.headers.get("cf-aig-model"),
      tried: reached.map(({ body_text }) => (JSON.parse(body_text ?? "{}") as { model: string }).model),
    }
  }
  const chosen = async (...args: Parameters<typeof ask>): Promise<string | null> => (await ask(...args)).model
  const chosenBy = (of: (name: string) => Promise<string | null>) => Promise.all(names.map(of))
  const named = (session: string) => ({ "x-session-affinity": session })

  test("a percentage keeps its choice for a session, by either header, and distributes sessions", async () => {
    const first = await chosenBy((name) => chosen("dynamic/half", named(name)))
    assert.deepEqual(new Set(first), new Set([glm, gpt]))
    assert.deepEqual(await chosenBy((name) => chosen("dynamic/half", named(name))), first)
    assert.deepEqual(await chosenBy((name) => chosen("dynamic/half", { "cf-aig-session-id": name })), first)
    // The first of the headers names the session.
    const both = { "cf-aig-session-id": "another" }
    assert.deepEqual(
      await chosenBy((name) => chosen("dynamic/half", { ...named(name), ...both })),
      first,
    )
  })

  test("callers do not share a session of the same name", async () => {
    const own = await chosenBy((name) => chosen("dynamic/half", named(name)))
    const other = { token: "value-of-other-sessions" }
    const others = await chosenBy((name) => chosen("dynamic/half", named(name), other))
    assert.notDeepEqual(others, own)
    assert.deepEqual(await chosenBy((name) => chosen("dynamic/half", named(name), other)), others)
  })

  test("the choice is random without a session, without the setting, or if the caller declines", async () => {
    const varied = async (headers: Readonly<Record<string, string>>, entry?: string) =>
      assert.deepEqual(
        new Set(await chosenBy(() => chosen("dynamic/half", headers, entry === undefined ? {} : { entry }))),
        new Set([glm, gpt]),
      )
    await varied({})
    await varied({ "x-session-affinity": "" })
    await varied({ ...named("one"), "cf-aig-no-session-affinity": "true" })
    await varied(named("one"), "no-sessions")
    const kept = { ...named("one"), "cf-aig-no-session-affinity": "false" }
    assert.equal(new Set(await chosenBy(() => chosen("dynamic/half", kept))).size, 1)
  })

  test("an invalid header is 400 and named", async () => {
    for (
      const [name, value] of [["cf-aig-no-session-affinity", "perhaps"], [
        "cf-aig-session-id",
        "x".repeat(257),
      ]] as const
    ) {
      const { status, body } = await ask("dynamic/half", { [name]: value })
      assert.equal(status, 400)
      assert.match(body, new RegExp(name))
    }
  })

  test("x-session-affinity is forwarded to Baseten, Cloudflare's header is not", async () => {
    const { reached } = await ask("custom/plain", { ...named("Ünique"), "cf-aig-session-id": "private" })
    const headers = new Map(reached[0]?.raw_headers.map(([name, value]) => [name.toLowerCase(), value]))
    assert.ok(headers.has("x-session-affinity"))
    assert.ok(![...headers.keys()].some((name) => name.startsWith("cf-")))
  })

  for (const alias of ["custom/plain", "custom/quick"]) {
    test(`${alias} stays with the model that has answered a session, and falls back from it`, async () => {
      const mine = named(`mine of ${alias}`)
      assert.deepEqual((await ask(alias, mine, { fails: [{ status: 503 }] })).tried.length, 2)
      const kept = await chosen(alias, mine)
      for (let times = 0; times < 3; times++) assert.deepEqual((await ask(alias, mine)).tried, [kept])
      const moved = await ask(alias, mine, { fails: [{ status: 503 }] })
      assert.deepEqual([moved.status, moved.tried.length, moved.tried[0]], [200, 2, kept])
      assert.notEqual(moved.model, kept)
      assert.deepEqual((await ask(alias, mine)).tried, [moved.model])
    })
  }

  test("another session begins with the first model, and so does a caller who declines", async () => {
    const mine = named("of plain")
    assert.equal((await ask("custom/plain", mine, { fails: [{ status: 503 }] })).model, gpt)
    assert.equal(await chosen("custom/plain", mine), gpt)
    assert.equal(await chosen("custom/plain", named("new of plain")), glm)
    assert.equal(await chosen("custom/plain", { ...mine, "cf-aig-no-session-affinity": "TRUE" }), glm)
    assert.equal(await chosen("custom/plain", mine, { token: "value-of-other-sessions" }), glm)
    assert.equal(await chosen("custom/plain", mine), gpt)
  })
}
