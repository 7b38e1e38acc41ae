/** Secrets are sealed so that only their keys open them, in their own place. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import { makeSealer, previewOf } from "../../lib/settings-store/sealing.ts"

const keyOf = (byte: number) => Redacted.make(btoa(String.fromCharCode(...new Uint8Array(32).fill(byte))))
const secret = Redacted.make("sk-ünïcode-0123")

test("a sealed secret opens only with its key and its id", async () => {
  const sealer = makeSealer([keyOf(1)])
  const sealed = await sealer.seal("a", secret)
  assert.match(sealed, /^[0-9a-f]{8}\.[A-Za-z0-9+/]{16}\.[A-Za-z0-9+/=]+$/)
  assert.ok(!sealed.includes("sk-") && !sealed.includes(btoa("sk-")))
  const opened = await makeSealer([keyOf(1)]).open("a", sealed)
  assert.equal(opened && Redacted.value(opened), Redacted.value(secret))
  assert.equal(await sealer.open("b", sealed), undefined, "it is bound to its place")
  assert.equal(await makeSealer([keyOf(2)]).open("a", sealed), undefined)
  assert.equal(await makeSealer([]).open("a", sealed), undefined)
  assert.notEqual(await sealer.seal("a", secret), sealed, "no nonce comes twice")
})

test("an altered secret does not open", async () => {
  const sealer = makeSealer([keyOf(1)])
  const sealed = await sealer.seal("a", secret)
  const [id = "", nonce = "", text = ""] = sealed.split(".")
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(await sealer.open("a", `${id}.${nonce}.${btoa(String.fromCharCode(...changed))}`), undefined)
  }
  for (const broken of ["", ".", `${id}.${nonce}`, `${id}..${text}`, `${id}.${nonce}.%%`, "x.y.z"]) {
    assert.equal(await sealer.open("a", broken), undefined)
  }
})

test("with several keys, the first seals and all open", async () => {
  const sealed = await makeSealer([keyOf(1)]).seal("a", secret)
  const both = makeSealer([keyOf(2), keyOf(1)])
  assert.ok(await both.open("a", sealed))
  assert.equal(await both.isOld(sealed), true)
  const anew = await both.seal("a", secret)
  assert.equal(await both.isOld(anew), false)
  assert.ok(await makeSealer([keyOf(2)]).open("a", anew))
  assert.equal(await makeSealer([]).isOld(sealed), false)
})

test("a preview shows four characters of a long secret, and nothing of a short one", () => {
  assert.equal(previewOf("0123456789abcdef"), "****cdef")
  assert.equal(previewOf("0123456789abcde"), "****")
})
