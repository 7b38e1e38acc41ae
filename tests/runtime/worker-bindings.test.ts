/** Bindings of a Worker that are not what their names say. */
import assert from "node:assert/strict"
import { test } from "node:test"
import worker from "../../lib/runtime/cloudflare.ts"

const ask = async (path: string, bindings: Record<string, unknown>) => {
  const response = await worker.fetch(
    new Request(`https://w.example${path}`),
    { LOG_LEVEL: "none", ...bindings },
    { waitUntil: () => {} },
  )
  return { status: response.status, text: await response.text() }
}

test("a binding that holds no Durable Objects is said, and not served without them", async () => {
  for (const BASEGATE_OBJECTS of ["x", { fetch: () => {} }]) {
    const { status, text } = await ask("/readyz", { BASEGATE_OBJECTS })
    assert.equal(status, 500)
    assert.match(text, /BASEGATE_OBJECTS: expected a binding to the Durable Objects' class BasegateObject/)
  }
  assert.equal((await ask("/readyz", {})).status, 200)
})

test("a binding that holds no files is as none: the page says what is missing", async () => {
  for (const ASSETS of ["x", {}]) {
    const { status, text } = await ask("/console", { ASSETS, BASEGATE_ADMIN_TOKEN: "adm" })
    assert.equal(status, 503)
    assert.match(text, /console is not built/)
  }
})
