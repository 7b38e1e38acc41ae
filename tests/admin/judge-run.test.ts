/** Runs of judges: bounded, cancelled, stopped, and carried on. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { createGateway, Transport } from "../../mod.ts"
import { adminToken } from "./some-admin.ts"

const provider = (judge: (asked: string, signal: AbortSignal) => Promise<Response> | Response) =>
  Transport.layerFetch({
    fetch: async (url, init) => {
      if (String(url).endsWith("/v1/models")) return Response.json({ object: "list", data: [] })
      const body = new TextDecoder().decode(init?.body as Uint8Array<ArrayBuffer>)
      if (body.includes("You judge one logged exchange")) {
        return await judge(body, init?.signal as AbortSignal)
      }
      return Response.json(completion("an answer"))
    },
  })

const completion = (content: string) => ({
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 },
})

interface Shown {
  readonly id: string
  readonly processed: boolean
  readonly run: { readonly state: string; readonly reason: string | null }
  readonly results: ReadonlyArray<{
    readonly result: string
    readonly status_description: string
    readonly judge: {
      readonly judged: number
      readonly left: number
      readonly failures: object
      readonly cost: number
    }
  }>
}

const judged = async (
  judge: Parameters<typeof provider>[0],
  members: object,
  use: (
    ask: <T = Shown>(method: string, path: string, body?: object) => Promise<T>,
    id: string,
    ended: () => Promise<Shown>,
    gateway: ReturnType<typeof createGateway>,
  ) => Promise<void>,
): Promise<void> => {
  const gateway = createGateway({
    env: { BASEGATE_ADMIN_TOKEN: adminToken, BASETEN_API_KEY: "sk-stored", LOG_LEVEL: "none" },
    config: {
      gateways: {
        "a/g": {
          collect_log_payloads: true,
          authentication: true,
          tokens: ["value-of-a"],
          prices: { "m/x": { input: 1, output: 0 } },
        },
      },
    },
    transport: provider(judge),
  })
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await gateway.fetch(
      new Request(`http://gate.example/client/v4/accounts/a/ai-gateway/${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    const { result, errors } = await response.json() as {
      result: T
      errors: ReadonlyArray<{ message: string }>
    }
    return response.status === 200 ? result : errors[0]?.message as T
  }
  try {
    for (let at = 0; at < 6; at++) {
      const response = await gateway.fetch(
        new Request("http://gate.example/v1/a/g/baseten/v1/chat/completions", {
          method: "POST",
          headers: { "content-type": "application/json", "cf-aig-authorization": "value-of-a" },
          body: JSON.stringify({ model: "m/x", messages: [{ role: "user", content: `question ${at}` }] }),
        }),
      )
      await response.text()
      assert.equal(response.status, 200)
    }
    await gateway.idle()
    const { id: dataset } = await ask<Shown>("POST", "gateways/g/datasets", { name: "d", filters: [] })
    const type = await ask<Shown>("POST", "evaluation-types", {
      name: "j",
      model: "baseten/m/x",
      prompt: "{{answer}}",
      concurrency: 2,
      ...members,
    })
    const made = await ask<Shown>("POST", "gateways/g/evaluations", {
      name: "e",
      dataset_ids: [dataset],
      evaluation_type_ids: [type.id],
    })
    const ended = async () => {
      for (const end = Date.now() + 10_000;;) {
        const shown = await ask<Shown>("GET", `gateways/g/evaluations/${made.id}`)
        if (shown.processed || Date.now() > end) return shown
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    await use(ask as never, made.id, ended, gateway)
  } finally {
    await gateway.dispose()
  }
}

const score = (value: number) => Response.json(completion(JSON.stringify({ reason: "r", score: value })))
const untilAborted = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))

test("only as many entries as the sample allows are judged, with limited concurrency", async () => {
  let [now, most, all] = [0, 0, 0]
  const judge = async () => {
    most = Math.max(most, ++now)
    all++
    await new Promise((resolve) => setTimeout(resolve, 5))
    now--
    return score(0.5)
  }
  await judged(judge, { sample: 5 }, async (_, __, ended) => {
    const { run, results: [result] } = await ended()
    assert.deepEqual([run.state, most, all], ["done", 2, 5])
    assert.deepEqual([result?.result, result?.judge.judged, result?.judge.left], ["0.5", 5, 1])
  })
})

test("a run ends once it has reached its cost limit", async () => {
  await judged(() => score(1), { concurrency: 1, max_cost: 2 }, async (_, __, ended) => {
    const { results: [result] } = await ended()
    // A dollar a call.
    assert.deepEqual([result?.judge.judged, result?.judge.cost, result?.judge.left], [2, 2, 4])
    assert.match(result?.status_description ?? "", /^Stopped: it has cost 2 US dollars/)
  })
})

test("a cancelled run keeps its results, and can be continued", async () => {
  let hangs = true
  let calls = 0
  const judge = (_: string, signal: AbortSignal) => {
    calls++
    return calls > 2 && hangs ? untilAborted(signal) : score(1)
  }
  await judged(judge, {}, async (ask, id, ended) => {
    for (const end = Date.now() + 10_000; calls < 4 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const during = await ask("GET", `gateways/g/evaluations/${id}`)
    assert.deepEqual([during.processed, during.results[0]?.judge.judged], [false, 2])
    assert.match(await ask<string>("POST", `gateways/g/evaluations/${id}/rerun`), /are running/)
    await ask("POST", `gateways/g/evaluations/${id}/cancel`)
    let stopped = await ended()
    for (const end = Date.now() + 10_000; stopped.results[0]?.result === "" && Date.now() < end;) {
      stopped = await ended()
    }
    assert.deepEqual([stopped.run.state, stopped.run.reason], ["stopped", "it was cancelled"])
    assert.deepEqual([stopped.results[0]?.judge.judged, stopped.results[0]?.judge.left], [2, 4])
    assert.match(await ask<string>("POST", `gateways/g/evaluations/${id}/cancel`), /nothing to cancel/)
    hangs = false
    calls = 0
    for (const end = Date.now() + 10_000; Date.now() < end;) {
      const carried = await ask<Shown | string>("POST", `gateways/g/evaluations/${id}/rerun`, {
        continue: true,
      })
      if (typeof carried !== "string") break
    }
    const whole = await ended()
    assert.deepEqual([whole.run.state, whole.results[0]?.judge.judged, calls], ["done", 6, 4])
  })
})

test("a call that takes too long is reported as such", async () => {
  let calls = 0
  const slow = (_: string, signal: AbortSignal) => {
    calls++
    return untilAborted(signal)
  }
  await judged(slow, { timeout: 1, sample: 2 }, async (_, __, ended) => {
    const { results: [result] } = await ended()
    assert.deepEqual([result?.judge.failures, calls], [{ timeout: 2 }, 2])
  })
})

test("a deleted evaluation makes no more calls, and a gateway that stops ends its runs", async () => {
  let [calls, aborted] = [0, 0]
  const judge = (_: string, signal: AbortSignal) => {
    calls++
    signal.addEventListener("abort", () => aborted++)
    return untilAborted(signal)
  }
  await judged(judge, {}, async (ask, id) => {
    for (const end = Date.now() + 10_000; calls < 2 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await ask("DELETE", `gateways/g/evaluations/${id}`)
  })
  assert.deepEqual([calls, aborted], [2, 2])
})

test("a judge waits as long as it is told to", async () => {
  let calls = 0
  const judge = () =>
    ++calls <= 2 ? new Response("{}", { status: 429, headers: { "retry-after": "0" } }) : score(1)
  await judged(judge, { sample: 2 }, async (_, __, ended) => {
    const { results: [result] } = await ended()
    assert.deepEqual([result?.judge.judged, calls], [2, 4])
  })
})
