import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import fc from "fast-check"
import { credentialIdentity } from "../../lib/auth/credential-identity.ts"

test("credentialIdentity() hides what it names, and tells a secret from a stored key's alias of the same text", async () => {
  await fc.assert(fc.asyncProperty(fc.string({ minLength: 5 }), async (text) => {
    const names = await Promise.all([
      credentialIdentity({ kind: "secret", secret: Redacted.make(text) }),
      credentialIdentity({ kind: "stored", provider: "baseten", alias: text }),
      credentialIdentity({ kind: "none" }),
    ])
    assert.equal(new Set(names).size, 3)
    for (const name of names) assert.match(name, /^[0-9a-f]{64}$/)
    assert.ok(names.every((name) => name !== text))
  }))
  const [one, two] = await Promise.all(
    ["sk-1", "sk-2"].map((secret) => credentialIdentity({ kind: "secret", secret: Redacted.make(secret) })),
  )
  assert.notEqual(one, two)
})
