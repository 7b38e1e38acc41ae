/** Browsers' access, for the origins that the operator names. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Harness, json, key } from "../harness.ts"

const preflight = (origin: string) => ({
  origin,
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization,content-type,cf-aig-metadata",
})

export const corsCases = (harness: Harness): void => {
  const path = "baseten/v1/chat/completions"

  test("the preflight of an allowed origin is answered, without a credential", async () => {
    const response = await fetch(`${harness.entry("guarded")}/${path}`, {
      method: "OPTIONS",
      headers: preflight("https://app.example"),
    })
    assert.deepEqual([response.status, await response.text()], [204, ""])
    assert.equal(response.headers.get("access-control-allow-origin"), "https://app.example")
    assert.match(response.headers.get("access-control-allow-methods") ?? "", /POST/)
    assert.equal(
      response.headers.get("access-control-allow-headers"),
      "authorization,content-type,cf-aig-metadata",
    )
    assert.match(response.headers.get("vary") ?? "", /Origin/)
  })

  test("another origin, and any origin where none is configured, is allowed nothing", async () => {
    const foreign = await fetch(`${harness.entry("plain")}/${path}`, {
      method: "OPTIONS",
      headers: preflight("https://evil.example"),
    })
    const unconfigured = await fetch(`${harness.base}/${path}`, {
      method: "OPTIONS",
      headers: preflight("https://app.example"),
    })
    for (const { status, headers } of [foreign, unconfigured]) {
      assert.equal(status, 204)
      for (const name of ["origin", "methods", "headers"]) {
        assert.equal(headers.get(`access-control-allow-${name}`), null)
      }
    }
  })

  test("answers and errors to an allowed origin may be read, with our headers", async () => {
    const headers = { origin: "https://app.example" }
    const served = await fetch(`${harness.entry("plain")}/baseten/v1/models`, {
      headers: { ...key, ...headers },
    })
    const refused = await fetch(`${harness.entry("missing")}/baseten/v1/models`, { headers })
    for (const response of [served, refused]) {
      await response.text()
      assert.equal(response.headers.get("access-control-allow-origin"), "https://app.example")
      const exposed = (response.headers.get("access-control-expose-headers") ?? "").split(", ")
      for (
        const name of ["cf-aig-log-id", "cf-aig-step", "age", "retry-after", "ratelimit", "ratelimit-policy"]
      ) {
        assert.ok(exposed.includes(name), name)
      }
    }
    assert.deepEqual([served.status, refused.status], [200, 400])
  })

  test("OPTIONS without an origin lists what the route takes, and is never sent on", async () => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.base}/${path}`, {
      method: "OPTIONS",
      headers: { ...json, "x-simulator-case": id },
    })
    assert.deepEqual([response.status, response.headers.get("allow")], [204, "POST, OPTIONS"])
    assert.equal(harness.simulator.requests(id).length, 0)
  })
}
