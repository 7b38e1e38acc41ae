/** Custom providers: the operator's own services, by path and by compat model. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, type Harness, key } from "../harness.ts"

/** What these cases need configured. The simulator stands for the operator's service, too. */
export const customProviderEntries = ({ url }: Simulator): Configured => ({
  entries: {
    "custom-paths": {
      custom_providers: {
        bare: { base_url: url, allow_http: true },
        versioned: { base_url: `${url}/v1/`, allow_http: true },
      },
    },
  },
})

export const customProviderCases = (harness: Harness): void => {
  const echo = async (
    provider: string,
    headers: Record<string, string> = {},
    { gateway = "custom-paths", path = "v1/echo" } = {},
  ) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(gateway)}/custom-${provider}/${path}`, {
      headers: { ...headers, "x-simulator-case": id },
    })
    const text = await response.text()
    const [sent] = harness.simulator.requests(id)
    return { response, status: response.status, text, sent }
  }
  const chatWith = async (
    path: string,
    model: string,
    headers: Record<string, string> = {},
    members = {},
  ) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry("custom-paths")}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers, "x-simulator-case": id },
      body: chat({ model, ...members }),
    })
    const text = await response.text()
    const [sent] = harness.simulator.requests(id)
    return { response, status: response.status, text, sent }
  }

  test("the path and the query are appended to the base unchanged", async () => {
    const { sent, status } = await echo("bare", key, { path: "v1/echo/a%20b/c?x=1&y=%2F" })
    assert.deepEqual([status, sent?.path, sent?.query], [200, "/v1/echo/a%20b/c", "x=1&y=%2F"])
    assert.equal((await echo("versioned", key, { path: "echo" })).sent?.path, "/v1/echo")
  })

  test("a path that could leave the base is refused", async () => {
    for (const path of ["v1/..%2fx", "v1/a%5Cb"]) {
      const { sent } = await echo("versioned", key, { path })
      assert.equal(sent, undefined, path)
    }
  })

  test("the record names the provider", async () => {
    const { response } = await echo("bare", key)
    assert.equal((await harness.recordOf(response))["provider"], "custom-bare")
    const chatted = await chatWith("compat/chat/completions", "custom-bare/any/model", key)
    const record = await harness.recordOf(chatted.response)
    assert.deepEqual([record["provider"], record["model"]], ["custom-bare", "any/model"])
  })

  test("an unknown custom provider is 400, code 2008, by path and by model", async () => {
    const { status, text, sent } = await echo("nobody", key)
    assert.deepEqual([status, (JSON.parse(text) as { internalCode: number }).internalCode, sent], [
      400,
      2008,
      undefined,
    ])
    const byModel = await chatWith("compat/chat/completions", "custom-nobody/a", key)
    assert.deepEqual([byModel.status, (JSON.parse(byModel.text) as { internalCode: number }).internalCode], [
      400,
      2008,
    ])
    // Another gateway's providers do not exist here.
    assert.equal((await echo("bare", key, { gateway: "plain" })).status, 400)
  })

  for (
    const [name, path] of [["bare", "/v1/chat/completions"], ["versioned", "/v1/chat/completions"]] as const
  ) {
    test(`compat: custom-${name}/{model} is its chat completions, with the model alone`, async () => {
      const { status, sent } = await chatWith(
        "compat/chat/completions",
        `custom-${name}/openai/gpt-oss-120b`,
        key,
      )
      assert.deepEqual([status, sent?.path, sent?.body_text], [200, path, chat()])
      assert.equal(sent?.headers["authorization"], "Bearer sk-own")
    })
  }

  test("its streams are observed like Baseten's: by path and by model", async () => {
    for (
      const [path, model] of [
        ["custom-bare/v1/chat/completions", "openai/gpt-oss-120b"],
        ["compat/chat/completions", "custom-bare/openai/gpt-oss-120b"],
      ] as const
    ) {
      const whole = await chatWith(path, model, key, { stream: true })
      assert.match(whole.text, /data: \[DONE\]\n\n$/)
      const cut = { ...key, "x-simulator-fault": JSON.stringify({ cut_after: 3 }) }
      assert.match((await chatWith(path, model, cut, { stream: true })).text, /"code":"upstream_cut"/)
    }
  })
}
