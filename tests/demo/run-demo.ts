/**
 * The demo: a gateway in front of the simulator, with the calls that a Baseten user makes. The package has it in one file,
 * and lends it the gateway.
 *
 * @module
 */
import process from "node:process"
import OpenAI from "openai"
import type { StartDemoGateway } from "../../lib/commands/demo-gateway.ts"
import { startSimulator } from "../simulator/server.ts"
import { demoSettings } from "./demo-settings.ts"
import { keepOn } from "./keep-on.ts"
import { pastTraffic } from "./past-traffic.ts"

interface Answer {
  readonly choices?: ReadonlyArray<{ readonly message: { readonly content: string } }>
}

/** The admin token of the demo: it opens nothing but what the demo shows. */
const adminToken = "demo-admin"

/** How a demo is run. */
export interface DemoRun {
  /** Whether it goes on, with a console that is full of traffic, until it is told to stop. */
  readonly keeps: boolean
}

/** Makes the calls, and prints what becomes of them. */
export const runDemo = async (startGateway: StartDemoGateway, { keeps }: DemoRun): Promise<void> => {
  const simulator = await startSimulator()
  const past = keeps ? pastTraffic(Date.now()) : []
  const variables = { ...simulator.env, BASEGATE_CONFIG: JSON.stringify(demoSettings(past)) }
  const gateway = await startGateway(
    keeps
      ? {
        variables: { ...variables, BASEGATE_ADMIN_TOKEN: adminToken, BASETEN_API_KEY: "demo-key" },
        past,
        port: 8787,
      }
      : { variables },
  )
  const account = `${gateway.url}/v1/my-account`
  const headers = { authorization: "Bearer demo-key", "content-type": "application/json" }
  const model = "openai/gpt-oss-120b"
  const messages = [{ role: "user" as const, content: "What is a gateway?" }]

  const say = (text: string): void => void process.stdout.write(text)
  const title = (text: string): void => say(`\n\n${text}\n`)

  /** The ids of the calls, each of which leaves a record. */
  const calls: Array<string | null> = []

  /** The records of all calls, which are made after the answers. */
  const recorded = async () => {
    const find = () => calls.map((id) => gateway.records().find(({ request_id }) => request_id === id))
    for (let tries = 0; tries < 200 && find().includes(undefined); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return find().filter((record) => record !== undefined)
  }

  const post = async (path: string, body: unknown, extra: Record<string, string> = {}): Promise<Response> => {
    const response = await fetch(account + path, {
      method: "POST",
      headers: { ...headers, ...extra },
      body: JSON.stringify(body),
    })
    calls.push(response.headers.get("cf-aig-log-id"))
    const text = await response.text()
    const answer = (JSON.parse(text) as Answer).choices?.[0]?.message.content ?? text
    say(`  ${response.status}  ${answer.slice(0, 90)}`)
    return response
  }

  const curl = async (path: string, body: object): Promise<void> => {
    say(
      `  curl ${account}${path} \\\n    --header 'Authorization: Bearer …' --data '${
        JSON.stringify(body)
      }'\n`,
    )
    await post(path, body)
  }

  try {
    say(`basegate on ${gateway.url}, in front of a Baseten simulator on ${simulator.url}`)

    title("Chat completions")
    await curl("/my-gateway/baseten/v1/chat/completions", { model, messages })
    title("Cloudflare's unified endpoint")
    await curl("/my-gateway/compat/chat/completions", { model: `baseten/${model}`, messages })
    title("A deployment of your own")
    await curl("/my-gateway/baseten/model/json1234", { prompt: "What is a gateway?", max_tokens: 100 })

    title("The OpenAI SDK with baseURL …/baseten, streaming")
    const client = new OpenAI({ apiKey: "demo-key", baseURL: `${account}/my-gateway/baseten` })
    const streamed = async (model: string, fault: object) => {
      const { data, response } = await client.chat.completions.create(
        { model, messages, stream: true },
        { headers: { "x-simulator-fault": JSON.stringify(fault) } },
      ).withResponse()
      calls.push(response.headers.get("cf-aig-log-id"))
      return data
    }
    const stream = await streamed("zai-org/GLM-5.3", { drip_ms: 60 })
    say("  ")
    for await (const chunk of stream) say(chunk.choices[0]?.delta.content ?? "")

    title("The same question twice, on a gateway with cache_ttl")
    for (let time = 0; time < 2; time++) {
      const response = await post("/cached/baseten/v1/chat/completions", { model, messages })
      say(`  cf-aig-cache-status: ${response.headers.get("cf-aig-cache-status")}\n`)
    }

    title("A model without capacity (529), and the one to fall back to")
    const step = (name: string, extra: object) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { ...headers, ...extra },
      query: { model: name, messages },
    })
    const busy = { "x-simulator-fault": JSON.stringify({ status: 529 }) }
    const fallen = await post("/my-gateway", [step("zai-org/GLM-5.3", busy), step(model, {})])
    say(`  cf-aig-step: ${fallen.headers.get("cf-aig-step")}`)

    title("A stream that Baseten cuts is an error, never a finished answer")
    try {
      for await (const _ of await streamed(model, { cut_after: 3 }));
    } catch (error) {
      say(`  ${error instanceof Error ? error.message : error}`)
    }

    title("What was recorded")
    for (const { route, model, deployment, status, ending, cached, attempts, total_ms } of await recorded()) {
      const name = `${model ?? deployment}`.padEnd(20)
      const { length } = attempts
      const tries = length === 1 ? "1 try" : `${length} tries`
      const how = cached === true ? "cached" : tries
      say(
        `  ${`${route}`.padEnd(24)}${name}${status}  ${`${ending}`.padEnd(14)}${
          how.padEnd(9)
        }${total_ms} ms\n`,
      )
    }
    if (keeps) {
      say(`\nThe console, with seven weeks of traffic:  ${gateway.url}/console\n`)
      say(`Its admin token:                          ${adminToken}\n\nCtrl-C ends it.\n`)
      await keepOn(account)
      return
    }
    say(
      "\nFor real Baseten: basegate start (in a clone: npm start), the same URLs on port 8787, and your own API key.\n" +
        "To look at it in the console: basegate demo --keep (in a clone: npm run demo -- --keep).\n",
    )
  } finally {
    await gateway.stop()
    await simulator.close()
  }
}
