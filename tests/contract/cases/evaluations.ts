/** Datasets and evaluations: what calls cost, how long they took, and how often they failed, found in chosen entries. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"
import { adminToken } from "./log-api.ts"

/** What these cases need configured. */
export const evaluationEntries = (): Configured => ({
  entries: { evaluated: { collect_log_payloads: true } },
})

interface Found {
  readonly id: string
  readonly name: string
  readonly total_logs: number
  readonly processed: boolean
  readonly results: ReadonlyArray<{
    readonly evaluation_type_id: string
    readonly result: string
    readonly total_logs: number
  }>
}

export const evaluationCases = (harness: Harness): void => {
  const admin = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    fetch(`${harness.configured.url}/client/v4/accounts/account/ai-gateway/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const written = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await admin(method, path, body)
    const { result, errors } = await response.json() as { result: T; errors: unknown }
    assert.equal(response.status, 200, `${method} ${path}: ${JSON.stringify(errors)}`)
    return result
  }
  const messageOf = async (response: Response): Promise<string> => {
    const { errors } = await response.json() as { errors: ReadonlyArray<{ message: string }> }
    return `${response.status} ${errors[0]?.message}`
  }
  const call = async (team: string, headers: Record<string, string> = {}, members: object = {}) => {
    const response = await fetch(`${harness.entry("evaluated")}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "cf-aig-metadata": JSON.stringify({ team }), ...headers },
      body: chat(members),
    })
    await response.arrayBuffer()
    const id = response.headers.get("cf-aig-log-id") ?? ""
    await harness.recordOf(response)
    return id
  }
  const ofTeam = (team: string) => [
    { key: "metadata.key", operator: "eq", value: ["team"] },
    { key: "metadata.value", operator: "eq", value: [team] },
  ]
  const resultsOf = ({ results }: Found): Record<string, readonly [number, number]> =>
    Object.fromEntries(
      results.map((
        { evaluation_type_id, result, total_logs },
      ) => [evaluation_type_id, [Number(result), total_logs]]),
    )
  /** Entries are listed as soon as they are kept, which callers do not wait for. */
  const evaluate = async (id: string, count: number): Promise<Found> => {
    for (const end = Date.now() + 10_000;;) {
      const found = await written<Found>("POST", `gateways/evaluated/evaluations/${id}/rerun`)
      if (found.total_logs === count || Date.now() > end) return found
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  test("an evaluation computes results from its dataset's entries, and again when it is rerun", async () => {
    const dataset = await written<Found>("POST", "gateways/evaluated/datasets", {
      name: "search",
      enable: true,
      filters: ofTeam("search"),
    })
    const types = await written<ReadonlyArray<{ id: string }>>("GET", "evaluation-types")
    const evaluation = await written<Found>("POST", "gateways/evaluated/evaluations", {
      name: "first",
      dataset_ids: [dataset.id],
      evaluation_type_ids: types.map(({ id }) => id),
    })
    assert.deepEqual([evaluation.processed, evaluation.total_logs], [true, 0])
    assert.ok(evaluation.results.every(({ result, total_logs }) => result === "" && total_logs === 0))
    const liked = await call("search", { "cf-aig-custom-cost": '{"per_token_in":1,"per_token_out":0}' })
    await call("search", { "cf-aig-custom-cost": '{"per_token_in":3,"per_token_out":0}' })
    await call("search", fault({ status: 500 }))
    await call("other")
    const before = await evaluate(evaluation.id, 3)
    assert.equal(before.total_logs, 3)
    await written("PATCH", `gateways/evaluated/logs/${liked}`, { feedback: 1 })
    const after = resultsOf(await evaluate(evaluation.id, 3))
    assert.deepEqual(after["feedback"], [100, 1])
    assert.equal(after["error_share"]?.[0].toFixed(3), "33.333")
    assert.equal(after["cache_share"]?.[0], 0)
    // A failure of Baseten costs nothing, which is known.
    assert.equal(after["cost"]?.[1], 3)
    assert.ok((after["cost"]?.[0] ?? 0) > 0)
    const { speed, duration_p50, duration_p95 } = after
    assert.ok(speed !== undefined && speed[0] > 0 && speed[1] === 3)
    assert.ok((duration_p50?.[0] ?? 0) <= (duration_p95?.[0] ?? 0))
    // What is shown is what was found then.
    assert.deepEqual(
      resultsOf(await written("GET", `gateways/evaluated/evaluations/${evaluation.id}`)),
      after,
    )
    const listed = await written<ReadonlyArray<Found>>("GET", "gateways/evaluated/evaluations?search=FIRST")
    assert.deepEqual(listed.map(({ id }) => id), [evaluation.id])
    await written("DELETE", `gateways/evaluated/evaluations/${evaluation.id}`)
    assert.match(
      await messageOf(await admin("GET", `gateways/evaluated/evaluations/${evaluation.id}`)),
      /^404 .*no evaluation/,
    )
    await written("DELETE", `gateways/evaluated/datasets/${dataset.id}`)
  })

  test("a dataset can be replaced and deleted; an invalid one is refused", async () => {
    const made = await written<Found>("POST", "gateways/evaluated/datasets", {
      name: "a",
      enable: true,
      filters: [],
    })
    const replaced = await written<Found & { filters: ReadonlyArray<object> }>(
      "PUT",
      `gateways/evaluated/datasets/${made.id}`,
      { name: "b", enable: false, filters: [{ key: "cost", operator: "gt", value: ["0.5"] }] },
    )
    assert.deepEqual([replaced.id, replaced.name], [made.id, "b"])
    assert.deepEqual(replaced.filters, [{ key: "cost", operator: "gt", value: [0.5] }])
    const tag = await admin("PUT", `gateways/evaluated/datasets/${made.id}`, {
      name: "c",
      enable: true,
      filters: [],
    }, {
      "if-match": '"0"',
    })
    assert.match(await messageOf(tag), /^409 .*another version/)
    const refused = async (body: object) =>
      messageOf(await admin("POST", "gateways/evaluated/datasets", body))
    assert.match(await refused({ name: "x" }), /^400 .*: filters: expected a list/)
    assert.match(
      await refused({ name: "x", filters: [{ key: "colour", operator: "eq", value: [1] }] }),
      /^400 .*colour/,
    )
    assert.match(await refused({ name: "x", filters: [1] }), /^400 .*filters: expected objects/)
    assert.match(await refused({ name: "b", filters: [] }), /^409 .*dataset "b" already/)
    assert.match(await refused({ name: "", filters: [] }), /^400 .*name/)
    const unknown = await admin("POST", "gateways/evaluated/evaluations", {
      name: "x",
      dataset_ids: ["none"],
      evaluation_type_ids: ["beauty"],
    })
    assert.match(
      await messageOf(unknown),
      /^400 .*dataset_ids: there is no none.*evaluation_type_ids: there is no beauty/,
    )
    const found = await written<ReadonlyArray<Found>>("GET", "gateways/evaluated/datasets?enable=false")
    assert.deepEqual(found.map(({ id }) => id), [made.id])
    await written("DELETE", `gateways/evaluated/datasets/${made.id}`)
    assert.deepEqual(await written("GET", "gateways/evaluated/datasets"), [])
  })

  test("a dataset's chats are exported as lines for fine-tuning", async () => {
    const { id } = await written<Found>("POST", "gateways/evaluated/datasets", {
      name: "examples",
      enable: true,
      filters: ofTeam("tuning"),
    })
    await call("tuning")
    await call("tuning", {}, { stream: true })
    await call("tuning", fault({ status: 500 }))
    const linesOf = async () =>
      (await (await admin("GET", `gateways/evaluated/datasets/${id}/examples`)).text()).trim().split("\n")
    for (const end = Date.now() + 10_000; (await linesOf()).length < 2 && Date.now() < end;);
    const lines = await linesOf()
    assert.equal(lines.length, 2)
    const [one, other] = lines.map((line) =>
      JSON.parse(line) as { messages: ReadonlyArray<{ role: string; content: string }> }
    )
    assert.deepEqual(one?.messages.map(({ role }) => role), ["user", "assistant"])
    assert.equal(one?.messages[0]?.content, "Héllo 世界 🌍")
    assert.ok((one?.messages[1]?.content.length ?? 0) > 0)
    // A streamed answer says the same.
    assert.deepEqual(one, other)
    await written("DELETE", `gateways/evaluated/datasets/${id}`)
  })
}
