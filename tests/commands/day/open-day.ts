/**
 * A gateway on a day of its own: its clock on the wall stands where the test puts it.
 *
 * @module
 */
import assert from "node:assert/strict"
import { createGateway, Transport } from "../../../mod.ts"

/** The account of all gateways, and the admin's token. */
export const account = "acme"
export const admin = "adm-day"

const start = Date.UTC(2026, 10, 30)

/** Puts a date under the control of a test, in all that runs in this process. */
const holdTime = (now: () => number) => {
  const { Date: RealDate, fetch: realFetch } = globalThis
  class HeldDate extends RealDate {
    constructor(...values: ReadonlyArray<unknown>) {
      super(...(values.length === 0 ? [now()] : values) as [number])
    }
    static override now(): number {
      return now()
    }
  }
  globalThis.Date = HeldDate as DateConstructor
  return () => Object.assign(globalThis, { Date: RealDate, fetch: realFetch })
}

/** What a model says: as JSON or as a stream, with an error now and then. */
const answerTo = async (body: BodyInit | null | undefined, random: () => number): Promise<Response> => {
  const usage = { prompt_tokens: Math.floor(random() * 5000), completion_tokens: Math.floor(random() * 900) }
  if (random() < 0.02) return Response.json({ error: "busy" }, { status: 503 })
  if (!(await new Response(body).text()).includes('"stream":true')) {
    return Response.json({ choices: [], usage })
  }
  const events = [{ choices: [{ delta: { content: "Hello" } }] }, { choices: [], usage }]
  return new Response(
    `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`,
    { headers: { "content-type": "text/event-stream" } },
  )
}

/** Opens the gateway at midnight, over a file. */
export const openDay = (file: string, random: () => number) => {
  let now = start
  const release = holdTime(() => now)
  const gateway = createGateway({
    env: {
      BASEGATE_ADMIN_TOKEN: admin,
      BASEGATE_DB: file,
      BASETEN_API_KEY: "sk-of-the-team",
      BASEGATE_CONFIG: { gateways: {} },
      LOG_LEVEL: "none",
    },
    transport: Transport.layerFetch({ fetch: (_, { body }) => answerTo(body, random) }),
  })
  globalThis.fetch =
    ((input: string | URL, init?: RequestInit) => gateway.fetch(new Request(input, init))) as typeof fetch
  return {
    /** Asks the management API. */
    api: async (method: string, path: string, body?: object): Promise<unknown> => {
      const response = await fetch(
        `http://gateway.example/client/v4/accounts/${account}/ai-gateway/${path}`,
        {
          method,
          headers: { authorization: `Bearer ${admin}` },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        },
      )
      const text = await response.text()
      assert.equal(response.status, 200, `${method} ${path}: ${text}`)
      if (response.headers.get("content-type")?.includes("ndjson") === true) {
        return text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as unknown)
      }
      return (JSON.parse(text) as { result: unknown }).result
    },
    /** Calls a model, and reads the answer. */
    call: async (id: string, token: string, model: string): Promise<number> => {
      // Some say what their calls cost, to the last picodollar.
      const cost = random() < 0.2 ? `{"total_cost":${(random() * 3).toFixed(12)}}` : undefined
      const response = await fetch(`http://gateway.example/v1/${account}/${id}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${token}`,
          ...(cost !== undefined && { "cf-aig-custom-cost": cost }),
        },
        body: JSON.stringify({ model, messages: [], stream: random() < 0.3 }),
      })
      await response.text()
      return response.status
    },
    /** Waits until every call is in the log. */
    idle: () => gateway.idle(),
    /** Lets so many milliseconds go by on the wall. */
    pass: (milliseconds: number): void => void (now += milliseconds),
    close: async (): Promise<void> => {
      await gateway.dispose()
      release()
    },
  }
}
