/** A provider's redirects: a client that follows one would take its key, its gateway token and its prompt elsewhere. */
import assert from "node:assert/strict"
import { test } from "node:test"
import OpenAI from "openai"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, fault, type Harness, json, key } from "../harness.ts"
import { ask, callSteps, models, withFault } from "../steps.ts"

/** What these cases need configured. */
export const redirectEntries = ({ url }: Simulator): Configured => ({
  entries: {
    redirects: { custom_providers: { other: { base_url: url, allow_http: true } } },
    "redirects-as-cloudflare": { cloudflare_error_status: true },
  },
})

export const redirectCases = (harness: Harness): void => {
  /** Calls with a redirect for an answer; whoever followed it would be seen. */
  const redirected = async (
    path: string,
    { status = 307, to = "", headers = {}, gateway = "redirects" }: {
      readonly status?: number
      readonly to?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly gateway?: string
    } = {},
  ) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(gateway)}/${path}`, {
      method: path.endsWith("/models") ? "GET" : "POST",
      redirect: "manual",
      headers: {
        ...json,
        ...fault({ redirect: to || `${harness.simulator.url}/v1/echo`, status }),
        "x-simulator-case": id,
        ...headers,
      },
      ...(!path.endsWith("/models") && { body: chat({ model: "baseten/openai/gpt-oss-120b" }) }),
    })
    const text = await response.text()
    return { response, text, reached: harness.simulator.requests(id) }
  }

  for (const status of [300, 301, 302, 303, 305, 306, 307, 308, 399]) {
    test(`a ${status} with a Location is 502`, async () => {
      const { response, text, reached } = await redirected("baseten/v1/chat/completions", { status })
      assert.deepEqual([response.status, response.headers.get("location")], [502, null])
      assert.match(text, new RegExp(`redirect \\(${status}\\)`))
      assert.equal(reached.length, 1)
      const { error_code, attempts } = await harness.recordOf(response)
      assert.deepEqual([error_code, (attempts as ReadonlyArray<{ status: number }>)[0]?.status], [
        2005,
        status,
      ])
    })
  }

  const paths = [
    "baseten/v1/models",
    "baseten/v1/messages",
    "baseten/v1/responses",
    "baseten/v1/completions",
    "baseten/v1/embeddings",
    "baseten/v1/anything",
    "baseten/model/json1234",
    "baseten/model/json1234/sync/v1/chat/completions",
    "baseten/chain/json1234",
    "compat/chat/completions",
    "compat/models",
    "custom-other/v1/chat/completions",
    "custom-other/anything",
  ]
  for (const path of paths) {
    test(`no redirect of ${path} is relayed, whatever the method`, async () => {
      for (const to of ["", "/v1/echo", "//elsewhere.example/", ""]) {
        const { response, reached } = await redirected(path, { to, status: 302 })
        assert.deepEqual([response.status, response.headers.get("location")], [502, null])
        assert.equal(reached.length, 1)
      }
      for (const asked of ["cf-aig-cache-ttl", "cf-aig-skip-cache", "cf-aig-max-attempts"]) {
        const { response } = await redirected(path, { headers: { [asked]: "3" } }).catch(assert.fail)
        assert.ok([400, 502].includes(response.status), `${asked}: ${response.status}`)
        assert.equal(response.headers.get("location"), null)
      }
    })
  }

  test("the OpenAI SDK throws, and does not send the key elsewhere", async () => {
    const id = harness.nextCase()
    const client = new OpenAI({
      apiKey: "sk-own",
      baseURL: `${harness.base}/baseten`,
      maxRetries: 0,
      defaultHeaders: {
        ...fault({ redirect: `${harness.simulator.url}/v1/echo` }),
        "x-simulator-case": id,
      },
    })
    await assert.rejects(
      client.chat.completions.create({ model: "openai/gpt-oss-120b", messages: [] }),
      (error) => error instanceof OpenAI.InternalServerError && error.status === 502,
    )
    assert.equal(harness.simulator.requests(id).length, 1)
  })

  test("a step whose answer is a redirect moves on to the next; the last one is 502", async () => {
    const id = harness.nextCase()
    const away = withFault({ redirect: `${harness.simulator.url}/v1/echo` })
    const passed = await callSteps(harness.entry("redirects"), [
      ask(id, models.gpt, away),
      ask(id, models.glm),
    ])
    await passed.text()
    assert.deepEqual([passed.status, passed.headers.get("cf-aig-step")], [200, "1"])
    const last = await callSteps(harness.entry("redirects"), [ask(id, models.gpt, away)])
    await last.text()
    assert.deepEqual([last.status, last.headers.get("location")], [502, null])
  })

  test("a setting makes it Cloudflare's 400, as for every call without an answer", async () => {
    const { response } = await redirected("baseten/v1/models", { gateway: "redirects-as-cloudflare" })
    assert.deepEqual([response.status, response.headers.get("location")], [400, null])
  })

  test("answers that do not redirect are relayed: a 304, a 3xx without a Location, a 2xx with one", async () => {
    const call = async (how: object) => {
      const response = await fetch(`${harness.base}/baseten/v1/models`, {
        redirect: "manual",
        headers: { ...key, ...fault(how) },
      })
      await response.text()
      const { headers } = response
      return [response.status, headers.get("location"), headers.get("refresh"), headers.get("etag")]
    }
    const location = "https://elsewhere.example/"
    assert.deepEqual(await call({ status: 304, body: "", headers: { location, etag: '"a"' } }), [
      304,
      null,
      null,
      '"a"',
    ])
    assert.deepEqual(await call({ status: 300, body: {} }), [300, null, null, null])
    assert.deepEqual(await call({ status: 202, body: {}, headers: { location } }), [
      202,
      location,
      null,
      null,
    ])
    assert.deepEqual(await call({ status: 200, body: {}, headers: { refresh: `0; url=${location}` } }), [
      200,
      null,
      null,
      null,
    ])
  })
}
