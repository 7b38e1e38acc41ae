/**
 * `npm run demo`: the gateway on Bun in front of the simulator, with the calls a Baseten user makes.
 *
 * @module
 */
import process from "node:process"
import OpenAI from "openai"
import { startSimulator } from "../simulator/server.ts"
import { spawnGateway } from "../support/spawn-gateway.ts"

const simulator = await startSimulator()
const gateway = await spawnGateway("bun", simulator.env)
const base = `${gateway.url}/v1/my-account/my-gateway`
const headers = { authorization: "Bearer demo-key", "content-type": "application/json" }
const messages = [{ role: "user" as const, content: "What is a gateway?" }]

const post = async (title: string, path: string, body: object): Promise<void> => {
  console.log(`\n${title}\n  POST ${path}`)
  const response = await fetch(`${base}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
  console.log(`  ${response.status} ${(await response.text()).slice(0, 160)}…`)
}

try {
  console.log(`basegate on ${gateway.url}, in front of a Baseten simulator on ${simulator.url}`)
  await post("Chat completions", "/baseten/v1/chat/completions", { model: "openai/gpt-oss-120b", messages })
  await post("A dedicated deployment", "/baseten/model/json1234", { prompt: "What is a gateway?" })
  await post("Compat", "/compat/chat/completions", { model: "baseten/openai/gpt-oss-120b", messages })

  console.log("\nThe OpenAI SDK, streaming\n  baseURL …/baseten")
  const client = new OpenAI({ apiKey: "demo-key", baseURL: `${base}/baseten` })
  const stream = await client.chat.completions.create(
    { model: "zai-org/GLM-5.3", messages, stream: true },
    { headers: { "x-simulator-fault": JSON.stringify({ drip_ms: 60 }) } },
  )
  process.stdout.write("  ")
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "")

  console.log("\n\nWhat was recorded")
  for (const record of gateway.records()) {
    const { route, model, deployment, status, ending, response_bytes, total_ms } = record
    const name = `${model ?? deployment}`.padEnd(22)
    console.log(
      `  ${`${route}`.padEnd(24)} ${name} ${status} ${ending} ${response_bytes} bytes ${total_ms} ms`,
    )
  }
  console.log("\nFor real Baseten: npm start, the same URLs, and your own key.")
} finally {
  await gateway.stop()
  await simulator.close()
}
