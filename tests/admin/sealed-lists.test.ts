/** Secrets of collectors and webhooks that are written: sealed, never given back, and kept by whoever writes them back. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { createGateway, SettingsStore } from "../../mod.ts"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { adminToken } from "./some-admin.ts"

const key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

/** Keeps the document where the test can look at it. */
const openStore = () => {
  const kept = { document: "", version: 0 }
  const layer = Layer.succeed(SettingsStore, {
    load: () => Result.succeed({ ...kept }),
    save: ({ document }: { readonly document: string }) => {
      Object.assign(kept, { document, version: kept.version + 1 })
      return Result.succeed(kept.version)
    },
    audit: () => Result.succeed({ entries: [], total: 0 }),
    changes: () => () => {},
  } as never)
  return { kept, layer }
}

interface Shown {
  readonly otel: ReadonlyArray<{ readonly headers: Record<string, string>; readonly authorization: string }>
  readonly alerts: ReadonlyArray<{ readonly url: string; readonly secret: string }>
}

const withGateway = async (
  env: Record<string, string>,
  use: (
    ask: (method: string, body?: object) => Promise<{ status: number; text: string; result: Shown }>,
    document: () => string,
  ) => Promise<void>,
): Promise<void> => {
  const { kept, layer } = openStore()
  const gateway = createGateway({
    env: { BASEGATE_ADMIN_TOKEN: adminToken, LOG_LEVEL: "none", HOOK_SECRET: "hook-secret", ...env },
    settings: layer,
  })
  const ask = async (method: string, body?: object) => {
    const path = method === "POST" ? "gateways" : "gateways/g"
    const response = await gateway.fetch(
      new Request(`http://gate.example/client/v4/accounts/a/ai-gateway/${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    return { status: response.status, text, result: (JSON.parse(text) as { result: Shown }).result }
  }
  try {
    await use(ask, () => kept.document)
  } finally {
    await gateway.dispose()
  }
}

const secrets = [
  "dataset-of-mine",
  "Basic c2VjcmV0OmNvbGxlY3Rvcg==",
  "T0001/B0001/XXXXyyyyZZZZ",
  "signing-words",
]
const settings = {
  otel: [{
    url: "https://otel.example/v1/traces",
    headers: { "x-dataset": secrets[0] ?? "", "x-key": "env:HOOK_SECRET" },
    authorization: secrets[1],
  }],
  alerts: [{ url: `https://hooks.example/${secrets[2]}`, secret: secrets[3], circuit: true }],
}

test("what is written in plain text is sealed, and no answer has it", () =>
  withGateway({ BASEGATE_SECRET_KEY: key }, async (ask, document) => {
    const made = await ask("POST", { id: "g", ...settings })
    assert.equal(made.status, 200, made.text)
    const shown = await ask("GET")
    for (const secret of secrets) {
      for (const text of [made.text, shown.text, document()]) assert.ok(!text.includes(secret), secret)
    }
    const [collector] = shown.result.otel
    assert.deepEqual(
      [collector?.headers["x-key"], collector?.headers["x-dataset"], collector?.authorization],
      ["env:HOOK_SECRET", "****", "****cg=="],
    )
    assert.deepEqual([shown.result.alerts[0]?.url, shown.result.alerts[0]?.secret], [
      "https://hooks.example/…",
      "****",
    ])
    // What is shown can be written back, also beside a change; what is masked otherwise is refused.
    const sealed = [...document().matchAll(/"sealed:([\w-]+)"/g)].map(([, id]) => id).toSorted()
    assert.equal(sealed.length, 4)
    const { otel, alerts } = shown.result
    const back = await ask("PATCH", {
      otel: [...otel, { url: "https://other.example/", headers: { a: "b" } }],
      alerts: [{ ...alerts[0], error_share: 0.5 }],
    })
    assert.equal(back.status, 200, back.text)
    const after = [...document().matchAll(/"sealed:([\w-]+)"/g)].map(([, id]) => id)
    assert.ok(sealed.every((id) => after.includes(id)))
    assert.equal(after.length, 5)
    const masked = await ask("PATCH", {
      otel: [{ url: "https://third.example/", authorization: "****cg==" }],
    })
    assert.match(masked.text, /otel\.0\.authorization: expected the secret itself/)
  }))

test("without a key to seal with, secrets are refused, and references taken", () =>
  withGateway({}, async (ask) => {
    const refused = await ask("POST", { id: "g", ...settings })
    assert.equal(refused.status, 400)
    assert.match(refused.text, /BASEGATE_SECRET_KEY/)
    const taken = await ask("POST", {
      id: "g",
      otel: [{
        url: "https://otel.example/",
        headers: { "x-team": "search" },
        authorization: "env:HOOK_SECRET",
      }],
      alerts: [{ url: "https://hooks.example/plain", secret: "env:HOOK_SECRET", circuit: true }],
    })
    assert.equal(taken.status, 200, taken.text)
    const { otel, alerts } = (await ask("GET")).result
    assert.deepEqual(otel[0]?.headers, { "x-team": "…" })
    assert.deepEqual([otel[0]?.authorization, alerts[0]?.secret], ["env:HOOK_SECRET", "env:HOOK_SECRET"])
    const back = await ask("PATCH", { otel, alerts: [{ ...alerts[0], error_share: 0.1 }] })
    assert.equal(back.status, 200, back.text)
    const own = await ask("PATCH", {
      otel: [{ url: "https://a.example/", authorization: "env:BASEGATE_ADMIN_TOKEN" }],
    })
    assert.equal(own.status, 400)
  }))
