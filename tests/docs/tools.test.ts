/**
 * The settings for tools, each used as its tool does: the request that it sends, at the base URL and with the key that the
 * page gives it.
 */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { after, before, describe, test } from "node:test"
import { promisify } from "node:util"
import OpenAI from "openai"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { blocks, sectionOf } from "./markdown.ts"
import { textOf } from "./pages.ts"

const readme = textOf("README.md")
const page = textOf("tests/clients/README.md")
const block = (info: string): string => {
  const [found] = blocks(page, info)
  assert.ok(found !== undefined, `a block of ${info}`)
  return found.text
}
const only = (pattern: RegExp, text: string): string => {
  const [, found] = pattern.exec(text) ?? []
  assert.ok(found !== undefined, `${pattern} in ${text}`)
  return found
}

describe("the settings for tools", () => {
  let simulator: Simulator
  let gateway: SpawnedGateway
  before(async () => {
    simulator = await startSimulator()
    gateway = await spawnGateway("bun", {
      ...simulator.env,
      BASETEN_API_KEY: "sk-operators",
      TEAM_KEY: "sk-teams",
      BASEGATE_CONFIG: only(/BASEGATE_CONFIG='([^']+)'/, readme),
    })
  })
  after(async () => {
    await gateway?.stop()
    await simulator?.close()
  })
  const real = (text: string): string => text.replaceAll("http://127.0.0.1:8787", gateway.url)

  /** What reached Baseten of the last call: the operator's key, and nothing of the token. */
  const reached = (path: string, credential = "Bearer sk-operators") => {
    const calls = simulator.requests().filter((request) => request.method === "POST")
    const last = calls.at(-1)
    assert.deepEqual([last?.path, last?.headers["authorization"]], [path, credential])
    assert.doesNotMatch(JSON.stringify(last), /token-of-ann|cf-aig/)
    return last
  }

  /** What the OpenAI SDKs read of a stream, and so opencode, Cline and LangChain. */
  const chats = async (baseURL: string, apiKey: string, model: string): Promise<void> => {
    const client = new OpenAI({ baseURL: real(baseURL), apiKey, maxRetries: 0 })
    const stream = await client.chat.completions.create({
      model,
      messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "What is Cloudflare?" }],
      stream: true,
      stream_options: { include_usage: true },
      tools: [{ type: "function", function: { name: "read", parameters: { type: "object" } } }],
      tool_choice: "none",
    })
    let text = ""
    let tokens = 0
    for await (const { choices, usage } of stream) {
      text += choices[0]?.delta.content ?? ""
      tokens = usage?.total_tokens ?? tokens
    }
    assert.match(text, /What is Cloudflare\?/)
    assert.ok(tokens > 0)
    reached("/v1/chat/completions")
  }

  const claude = () => {
    const variables = variablesOf(real(block("sh")))
    const url = `${variables["ANTHROPIC_BASE_URL"]}/v1/messages?beta=true`
    const send = (headers: Readonly<Record<string, string>>, model = variables["ANTHROPIC_MODEL"]) =>
      fetch(url, {
        method: "POST",
        headers: {
          "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
          "anthropic-version": "2023-06-01",
          "content-type": "application/json",
          "user-agent": "claude-cli/2.1 (external, sdk-cli)",
          "x-app": "cli",
          ...headers,
        },
        body: JSON.stringify({
          model,
          max_tokens: 32_000,
          stream: true,
          system: [{ type: "text", text: "You are an agent.", cache_control: { type: "ephemeral" } }],
          messages: [{ role: "user", content: [{ type: "text", text: "What is Cloudflare?" }] }],
          metadata: { user_id: "user_1" },
        }),
      })
    return { variables, send }
  }

  /** The variables that a block of commands sets. */
  const variablesOf = (commands: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [...commands.matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]),
    )

  test("the README's variables are those of the page", () => {
    const [short] = blocks(sectionOf(readme, "## From your tools"), "sh")
    const { OPENAI_BASE_URL: _, OPENAI_API_KEY: __, ...anthropic } = variablesOf(short?.text ?? "")
    assert.deepEqual(anthropic, variablesOf(block("sh")))
  })

  test("OpenAI's SDK reads the README's variables", async () => {
    const [short] = blocks(sectionOf(readme, "## From your tools"), "sh")
    const { OPENAI_BASE_URL: url = "", OPENAI_API_KEY: key = "" } = variablesOf(short?.text ?? "")
    const before = { ...process.env }
    Object.assign(process.env, { OPENAI_BASE_URL: real(url), OPENAI_API_KEY: key })
    try {
      const { baseURL, apiKey } = new OpenAI()
      await chats(baseURL, String(apiKey), "openai/gpt-oss-120b")
    } finally {
      for (const name of ["OPENAI_BASE_URL", "OPENAI_API_KEY"]) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    }
  })

  test("Claude Code, with the token alone, for both of its models", async () => {
    const { variables, send } = claude()
    for (const model of ["ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL"]) {
      const token = { authorization: `Bearer ${variables["ANTHROPIC_AUTH_TOKEN"]}` }
      const answer = await send(token, variables[model])
      assert.equal(answer.status, 200)
      assert.match(await answer.text(), /event: message_stop\n/)
      const sent = reached("/v1/messages")
      assert.equal(sent?.query, "beta=true")
      assert.match(String(sent?.headers["anthropic-beta"]), /^claude-code-20250219/)
    }
    assert.equal((await send({ authorization: "Bearer token-of-nobody" })).status, 401)
  })

  test("Claude Code, with a key of one's own beside the token", async () => {
    const custom = only(/ANTHROPIC_CUSTOM_HEADERS='([^']+)'/, page)
    const [name = "", value = ""] = custom.split(": ")
    const answer = await claude().send({ authorization: "Bearer sk-own", [name]: value })
    assert.equal(answer.status, 200)
    await answer.text()
    reached("/v1/messages", "Bearer sk-own")
  })

  test("Codex", async () => {
    const toml = block("toml")
    assert.equal(only(/wire_api = "(\w+)"/, toml), "responses")
    assert.equal(only(/^model_provider = "(\w+)"/m, toml), only(/^\[model_providers\.(\w+)\]/m, toml))
    const client = new OpenAI({
      baseURL: real(only(/base_url = "([^"]+)"/, toml)),
      apiKey: "token-of-ann",
      maxRetries: 0,
    })
    const stream = await client.responses.create({
      model: only(/^model = "([^"]+)"/m, toml),
      instructions: "You are an agent.",
      input: [{
        type: "message",
        role: "user",
        content: [{ type: "input_text", text: "What is Cloudflare?" }],
      }],
      tools: [{ type: "function", name: "shell", parameters: { type: "object" }, strict: false }],
      tool_choice: "none",
      store: false,
      stream: true,
    })
    const types: Array<string> = []
    for await (const { type } of stream) types.push(type)
    assert.equal(types.at(-1), "response.completed")
    reached("/v1/responses")
  })

  test("opencode", async () => {
    const { model, provider } = JSON.parse(block("jsonc"))
    const [name = "", ...slug] = String(model).split("/")
    const { npm, options, models } = provider[name]
    assert.deepEqual([npm, options.apiKey, Object.keys(models)], [
      "@ai-sdk/openai-compatible",
      "{env:GATEWAY_TOKEN}",
      [slug.join("/")],
    ])
    await chats(options.baseURL, "token-of-ann", slug.join("/"))
  })

  test("Cline", async () => {
    const words = sectionOf(page, "## Cline").replaceAll(/\s+/g, " ")
    await chats(
      only(/Base URL `([^`]+)`/, words),
      only(/API Key `([^`]+)`/, words),
      only(/Model ID `([^`]+)`/, words),
    )
  })

  test("LangChain", async () => {
    const code = block("js ignore langchain")
    await chats(
      only(/configuration: \{ baseURL: "([^"]+)" \}/, code),
      only(/apiKey: "([^"]+)"/, code),
      only(/model: "([^"]+)"/, code),
    )
  })

  test("ai-gateway-provider: the example runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "basegate-tools-"))
    try {
      symlinkSync(resolve("node_modules"), join(folder, "node_modules"))
      writeFileSync(join(folder, "call.mjs"), real(block("js ignore tools")))
      const { stdout } = await promisify(execFile)(process.execPath, ["call.mjs"], { cwd: folder })
      assert.match(stdout, /What is Cloudflare\?/)
      reached("/v1/chat/completions")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
