import assert from "node:assert/strict"
import { test } from "node:test"
import { nearestName } from "../../lib/schema/nearest-name.ts"

const known = ["cache_ttl", "idle_timeout", "rate_limits", "model"]

test("nearestName() forgives a few letters, and how words are joined", () => {
  for (const name of ["cache_tll", "cachettl", "Cache-TTL", "cache_tl", "ccache_ttl"]) {
    assert.equal(nearestName(name, known), "cache_ttl", name)
  }
})

test("nearestName() counts two neighbours that were swapped as one slip", () => {
  assert.equal(nearestName("modle", known), "model")
  assert.equal(nearestName("omdel", known), "model")
  assert.equal(nearestName("dmeol", known), undefined)
})

test("nearestName() knows none for what is like none, or long", () => {
  for (const name of ["", "x", "colour", "model".repeat(20)]) {
    assert.equal(nearestName(name, known), undefined, name)
  }
})
