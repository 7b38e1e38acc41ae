/** Data loss prevention: what reaches Baseten, what reaches the client, and what is told of both. */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { test } from "node:test"
import { gzipSync } from "node:zlib"
import { type Configured, fault, type Harness, json } from "../harness.ts"

const profiles = {
  pii: { detectors: ["email", "card", { regex: "EMP-\\d{6}" }, { literals: ["Project Falcon"] }] },
}
const entry = (action: string, check: ReadonlyArray<string>, more: object = {}) => ({
  dlp: { enabled: true, policies: [{ id: "p", enabled: true, action, check, profiles: ["pii"] }] },
  dlp_profiles: profiles,
  ...more,
})

/** What these cases need configured. */
export const dlpEntries = (): Configured => ({
  entries: {
    "dlp-none": {},
    "dlp-mask": entry("MASK", ["REQUEST"]),
    "dlp-mask-answer": entry("MASK", ["RESPONSE"], { cache_ttl: 300, cache_streams: true }),
    "dlp-restore": entry("MASK_RESTORE", ["REQUEST", "RESPONSE"], { cache_ttl: 300, cache_streams: true }),
    "dlp-block": entry("BLOCK", ["REQUEST"]),
    "dlp-block-answer": entry("BLOCK", ["RESPONSE"]),
    "dlp-flag": entry("FLAG", ["REQUEST", "RESPONSE"]),
  },
})

const secrets = /jane|4111|123456|Falcon/
const said = "Ask jane@example.com, EMP-123456, Project Falcon, card 4111 1111 1111 1111"
const masked = "Ask [EMAIL_1], [REGEX_1], [LITERAL_1], card [CARD_1]"

/** How a format is asked, and how its streams say that they were blocked. */
interface Format {
  readonly path: string
  readonly body: (text: string, stream: boolean) => object
  readonly ended: RegExp
}
const model = "openai/gpt-oss-120b"
/** The formats of the known calls. */
export const formats: Readonly<Record<string, Format>> = {
  chat: {
    path: "baseten/v1/chat/completions",
    body: (content, stream) => ({ model, stream, messages: [{ role: "user", content }] }),
    ended: /^data: \{"error":\{.*"code":2030/m,
  },
  messages: {
    path: "baseten/v1/messages",
    body: (content, stream) => ({ model, stream, max_tokens: 500, messages: [{ role: "user", content }] }),
    ended: /^event: error\ndata: \{"type":"error","error":\{.*"code":2030/m,
  },
  responses: {
    path: "baseten/v1/responses",
    body: (input, stream) => ({ model, stream, input }),
    ended: /^event: error\ndata: \{"type":"error".*"code":2030/m,
  },
}

/** All that an answer says, its streams joined. */
export const spoken = (text: string): string => {
  let all = ""
  const read = (value: unknown): void => {
    if (typeof value === "string") all += value
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(read)
  }
  if (text.startsWith("{")) {
    read(JSON.parse(text))
    return all
  }
  for (const line of text.split("\n")) {
    if (!line.startsWith("data: {")) continue
    const { choices, delta, type } = JSON.parse(line.slice("data: ".length))
    if (choices !== undefined) { for (const choice of choices) all += choice.delta?.content ?? "" }
    else if (typeof delta === "string" && type.startsWith("response.output_text")) all += delta
    else if (delta?.text !== undefined) all += delta.text
  }
  return all
}

export const dlpCases = (harness: Harness): void => {
  const ask = async (name: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(name)}/${path}`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...headers },
      body: body instanceof Uint8Array ? body as Uint8Array<ArrayBuffer> : JSON.stringify(body),
    })
    const text = await response.text()
    return { id, response, text, sent: () => harness.simulator.requests(id)[0]?.body_text ?? "" }
  }
  const dlpOf = async (response: Response) => (await harness.recordOf(response))["dlp"]

  for (const [name, { path, body, ended }] of Object.entries(formats)) {
    for (const stream of [false, true]) {
      const how = `${name}, ${stream ? "as a stream" : "whole"}`

      test(`${how}: MASK puts placeholders into the request`, async () => {
        const { response, sent, text } = await ask("dlp-mask", path, body(said, stream))
        assert.equal(response.status, 200)
        assert.equal(sent().replace(/,"stream_options":\{[^}]*\}/, ""), JSON.stringify(body(masked, stream)))
        assert.match(spoken(text), /\[EMAIL_1\], \[REGEX_1\]/)
        assert.deepEqual(await dlpOf(response), {
          action: "MASK",
          policies: ["p"],
          profiles: ["pii"],
          check: "REQUEST",
        })
      })

      test(`${how}: MASK leaves no byte of a match in the answer, fresh or cached`, async () => {
        for (const status of ["MISS", "HIT"]) {
          const { response, text } = await ask("dlp-mask-answer", path, body(`${said} ${how}`, stream))
          assert.equal(response.headers.get("cf-aig-cache-status"), status)
          assert.doesNotMatch(spoken(text), secrets)
          assert.doesNotMatch(text, secrets)
          assert.match(spoken(text), /Ask \[EMAIL_1\], \[REGEX_1\], \[LITERAL_1\], card \[CARD_1\]/)
        }
      })

      test(`${how}: MASK_RESTORE gives the client its own values back`, async () => {
        for (const who of ["jane", "bob"]) {
          const own = said.replace("jane", who)
          const { text, sent, response } = await ask("dlp-restore", path, body(`${own} ${how}`, stream))
          assert.ok(spoken(text).includes(own), text)
          assert.doesNotMatch(sent(), secrets)
          assert.equal(response.headers.get("cf-aig-cache-status"), who === "jane" ? "MISS" : "HIT")
        }
      })

      test(`${how}: BLOCK refuses the request with 2029`, async () => {
        const { id, response, text } = await ask("dlp-block", path, body(said, stream))
        assert.equal(response.status, 400)
        assert.equal(JSON.parse(text).error[0].code, 2029)
        const header = JSON.parse(response.headers.get("cf-aig-dlp") ?? "{}")
        assert.equal(header.action, "BLOCK")
        assert.deepEqual(header.findings[0].profile.entry_ids.sort(), [
          "card",
          "email",
          "literals-1",
          "regex-1",
        ])
        assert.equal(harness.simulator.requests(id).length, 0)
      })

      test(`${how}: FLAG changes nothing`, async () => {
        const flagged = await ask("dlp-flag", path, body(said, stream))
        const plain = await ask("dlp-none", path, body(said, stream))
        assert.equal(flagged.text, plain.text)
        assert.equal(flagged.sent(), plain.sent())
        assert.deepEqual(await dlpOf(flagged.response), {
          action: "FLAG",
          policies: ["p"],
          profiles: ["pii"],
          check: "REQUEST",
        })
        assert.equal(await dlpOf(plain.response), null)
      })

      test(`${how}: without a match nothing changes`, async () => {
        const words = "Nothing (2024) to-see: here @all, 4111 only, EMP- and Project Fal"
        const plain = await ask("dlp-none", path, body(words, stream))
        for (const name of ["dlp-mask", "dlp-mask-answer", "dlp-restore", "dlp-block-answer"]) {
          assert.equal((await ask(name, path, body(words, stream))).text, plain.text, name)
        }
      })
    }

    test(`${name}: BLOCK refuses an answer with 2030, and its tokens are counted`, async () => {
      const { response, text } = await ask("dlp-block-answer", path, body(said, false))
      assert.equal(response.status, 400)
      assert.equal(JSON.parse(text).error[0].code, 2030)
      const record = await harness.recordOf(response)
      assert.equal(record["upstream_status"], 200)
      assert.ok(Number(record["tokens_out"]) > 0)
    })

    test(`${name}: a stream that is blocked midway has an error event, and Baseten's is aborted`, async () => {
      const slow = fault({ events: 200, drip_ms: 20 })
      const { id, response, text } = await ask("dlp-block-answer", path, body(said, true), slow)
      assert.equal(response.status, 200)
      assert.match(text, ended)
      assert.doesNotMatch(text, secrets)
      assert.doesNotMatch(text, /\[DONE\]|message_stop|response\.completed/)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["ending"], record["error_code"]], ["blocked", 2030])
      for (let tries = 0; tries < 200; tries++) {
        if (harness.simulator.requests(id)[0]?.outcome === "client_closed") return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      assert.fail("Baseten's call is not ended")
    })
  }

  test("bodies of custom models are masked, encoded or not", async () => {
    const path = "baseten/model/abcd1234/environments/production/predict"
    const body = { prompt: said, id: "jane@example.com", n: 1.50 }
    const expected = JSON.stringify(body).replace(said, masked).replace("jane@example.com", "[EMAIL_1]")
    const plain = await ask("dlp-mask", path, body)
    assert.equal(plain.sent(), expected)
    const bytes = gzipSync(Buffer.from(JSON.stringify(body)))
    const coded = await ask("dlp-mask", path, bytes, { "content-encoding": "gzip" })
    assert.equal(coded.sent(), expected)
    const text = await ask("dlp-mask", path, Buffer.from(`${said}\n`), { "content-type": "text/plain" })
    assert.equal(text.sent(), `${masked}\n`)
  })

  test("member names that callers choose exempt nothing: a tool's input, metadata", async () => {
    const body = (value: string) => ({
      model,
      max_tokens: 500,
      metadata: { user_id: value },
      messages: [{
        role: "assistant",
        content: [{ type: "tool_use", id: "toolu_1", name: "f", input: { id: value } }],
      }],
    })
    const { response, sent } = await ask("dlp-mask", "baseten/v1/messages", body("jane@example.com"))
    assert.equal(response.status, 200)
    assert.equal(sent(), JSON.stringify(body("[EMAIL_1]")))
  })

  test("a universal request whose step is blocked calls no further step", async () => {
    const step = (content: string) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { authorization: key },
      query: { model, messages: [{ role: "user", content }] },
    })
    const { id, response, text } = await ask("dlp-block", "", [step(said), step("hello")])
    assert.equal(response.status, 400)
    assert.equal(JSON.parse(text).error[0].code, 2029)
    assert.equal(harness.simulator.requests(id).length, 0)
  })
}

const key = "Bearer sk-own"
