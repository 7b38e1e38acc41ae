/**
 * Universal requests, the REST surface, dynamic routes, streams, the cache, retries and time-outs.
 *
 * @module
 */
import { type Area, chat, equal, holds, Skipped, type Wire } from "./check.ts"

const step = (wire: Wire, query: object, more: object = {}) => ({
  provider: "baseten",
  endpoint: "v1/chat/completions",
  headers: { authorization: `Bearer ${wire.subject.key}`, "content-type": "application/json" },
  query,
  ...more,
})

/** `POST …/{account}/{gateway}`. */
export const universal: Area = {
  name: "universal",
  checks: [
    {
      name: "the first step that succeeds answers, and cf-aig-step names it",
      run: async (wire) => {
        await wire.failing({ status: 500, body: { error: "down" } })
        const response = await wire.post("", [step(wire, chat()), step(wire, chat())])
        equal("the status", response.status, 200)
        equal("cf-aig-step", response.headers.get("cf-aig-step"), "1")
      },
    },
    {
      name: "a slash at the end is the same, and a first step that succeeds is step 0",
      run: async (wire) => {
        const response = await wire.post("/", [step(wire, chat())])
        equal("the status", response.status, 200)
        equal("cf-aig-step", response.headers.get("cf-aig-step"), "0")
      },
    },
    {
      name: "when every step fails the last answer is given",
      run: async (wire) => {
        await wire.failing({ status: 500, body: { error: "one" } }, { status: 503, body: { error: "two" } })
        const response = await wire.post("", [step(wire, chat()), step(wire, chat())])
        equal("the status", response.status, 503)
      },
    },
  ],
}

/** `/client/v4/accounts/{account}/ai/…`, where a stored key is used. */
export const rest: Area = {
  name: "REST surface",
  checks: [
    {
      name: "chat/completions answers, or says that there is no stored key",
      run: async (wire) => {
        const { url, account, gateway, token, key } = wire.subject
        wire.needsCloudflaresPaths()
        const response = await fetch(`${url}/client/v4/accounts/${account}/ai/v1/chat/completions`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${token ?? key}`,
            "cf-aig-gateway-id": gateway,
            "content-type": "application/json",
          },
          body: JSON.stringify(chat({ model: "baseten/openai/gpt-oss-120b" })),
        })
        if (response.status === 401) throw new Skipped("the gateway has no stored key for this caller")
        equal("the status", response.status, 200)
        equal("object", (await response.json() as { object: string }).object, "chat.completion")
      },
    },
  ],
}

/** `dynamic/{route}`. */
export const dynamic: Area = {
  name: "dynamic routes",
  checks: [
    {
      name: "an unknown route is 400",
      run: async (wire) => {
        const response = await wire.post("/compat/chat/completions", chat({ model: "dynamic/no-such-route" }))
        equal("the status", response.status, 400)
      },
    },
    {
      name: "a known route answers, and says with which model",
      run: async (wire) => {
        const { route } = wire.subject
        if (route === undefined) throw new Skipped("--route names none")
        const response = await wire.post("/compat/chat/completions", chat({ model: `dynamic/${route}` }))
        equal("the status", response.status, 200)
        holds(response.headers.get("cf-aig-model") !== null, "there is no cf-aig-model")
      },
    },
  ],
}

/** Event streams. */
export const streams: Area = {
  name: "streams",
  checks: [
    {
      name: "a stream comes byte for byte",
      run: async (wire) => {
        const body = JSON.stringify(chat({ stream: true, stream_options: { include_usage: true } }))
        const through = await (await wire.post("/baseten/v1/chat/completions", body)).text()
        const direct = await fetch(`${wire.subject.upstream.url}/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
          body,
        })
        equal("the stream", through, await direct.text())
      },
    },
    {
      name: "events are handed on as they come",
      run: async (wire) => {
        await wire.failing({ drip_ms: 150, events: 6 })
        const started = Date.now()
        const { body } = await wire.post("/baseten/v1/chat/completions", chat({ stream: true }))
        const reader = body?.getReader()
        await reader?.read()
        const first = Date.now() - started
        while (!(await reader?.read())?.done);
        const all = Date.now() - started
        holds(all - first > 300, `the first bytes came ${all - first} ms before the last`)
      },
    },
    {
      name: "a stream that breaks off is not passed off as whole",
      run: async (wire) => {
        await wire.failing({ cut_after: 3 })
        let text = ""
        try {
          text = await (await wire.post("/baseten/v1/chat/completions", chat({ stream: true }))).text()
        } catch {
          return
        }
        holds(!text.includes("[DONE]") && /error/.test(text), "the answer ends well")
      },
    },
  ],
}

/** A key of its own asks for caching; a time alone did until August 2026. */
const asking = () => ({ "cf-aig-cache-key": `conform-${crypto.randomUUID()}`, "cf-aig-cache-ttl": "60" })

/** `cf-aig-cache-*`. */
export const cache: Area = {
  name: "cache",
  checks: [
    {
      name: "an equal call within its time is a HIT, with the same body",
      run: async (wire) => {
        const body = chat()
        const headers = asking()
        const first = await wire.post("/baseten/v1/chat/completions", body, headers)
        equal("cf-aig-cache-status", first.headers.get("cf-aig-cache-status"), "MISS")
        const text = await first.text()
        await new Promise((resolve) => setTimeout(resolve, 50))
        const second = await wire.post("/baseten/v1/chat/completions", body, headers)
        equal("cf-aig-cache-status", second.headers.get("cf-aig-cache-status"), "HIT")
        equal("the body", await second.text(), text)
      },
    },
    {
      name: "cf-aig-skip-cache passes it by",
      run: async (wire) => {
        const body = chat()
        const headers = asking()
        await (await wire.post("/baseten/v1/chat/completions", body, headers)).text()
        const skip = { ...headers, "cf-aig-skip-cache": "true" }
        const reached = await wire.reached(() => wire.post("/baseten/v1/chat/completions", body, skip))
        equal("calls upstream", reached.length, 1)
      },
    },
  ],
}

/** Retries and time-outs. */
export const retries: Area = {
  name: "retries and time-outs",
  checks: [
    {
      name: "without being asked nothing is tried twice",
      run: async (wire) => {
        await wire.failing({ status: 500, body: { error: "down" } })
        const reached = await wire.reached(() => wire.post("/baseten/v1/chat/completions", chat()))
        equal("calls upstream", reached.length, 1)
      },
    },
    {
      name: "cf-aig-max-attempts tries again",
      run: async (wire) => {
        await wire.failing({ status: 500, body: { error: "down" } })
        const headers = {
          "cf-aig-max-attempts": "2",
          "cf-aig-retry-delay": "1",
          "cf-aig-backoff": "constant",
        }
        let status = 0
        const reached = await wire.reached(async () => {
          status = (await wire.post("/baseten/v1/chat/completions", chat(), headers)).status
        })
        equal("calls upstream and the status", [reached.length, status], [2, 200])
      },
    },
    {
      name: "cf-aig-request-timeout ends a silent call, as an error of code 2005",
      run: async (wire) => {
        await wire.failing({ hang: "headers" })
        const headers = { "cf-aig-request-timeout": "300" }
        const response = await wire.post("/baseten/v1/chat/completions", chat(), headers)
        holds([400, 408, 504].includes(response.status), `the status is ${response.status}`)
        equal("the code", (await response.json() as { internalCode: number }).internalCode, 2005)
      },
    },
  ],
}
