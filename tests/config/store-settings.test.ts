import assert from "node:assert/strict"
import { test } from "node:test"
import { isStoreUrl, parseStoreUrl, shownAddress } from "../../lib/config/store-settings.ts"

test("a store's URL names a server, nodes of a Cluster, sentinels, or a service over HTTP", () => {
  const good = [
    "redis://host",
    "rediss://user:p%40ss@host:6380/3?timeout=20",
    "redis://one:7000?node=two:7001&node=[::1]:7002",
    "redis+sentinel://user:pass@one:26379/my-primary?node=two:26379",
    "rediss+sentinel://one:26379/my-primary/2",
    "https://service.example?timeout=100",
    "http://127.0.0.1:8080",
  ]
  for (const url of good) assert.ok(isStoreUrl(url), url)
  const bad = [
    "redis://host/name",
    "redis://host/1?node=two:1",
    "redis://host?node=two",
    "redis://host?nodes=two:1",
    "redis+sentinel://one:26379",
    "redis+sentinel://one:26379/name/database",
    "https://service.example?node=two:1",
    "http://service.example",
    "https://user:pass@service.example",
    "memcached://host",
  ]
  for (const url of bad) assert.ok(!isStoreUrl(url), url)
})

test("what is connected to has no parameters of ours, and what is shown no credentials", () => {
  const url = "redis+sentinel://user:pass@one:26379/my-primary?node=two:26379&timeout=9"
  assert.deepEqual(parseStoreUrl(url), {
    address: "redis+sentinel://user:pass@one:26379/my-primary",
    nodes: ["two:26379"],
    isSentinel: true,
  })
  assert.equal(shownAddress(url), "redis+sentinel://one:26379/my-primary")
  assert.equal(shownAddress("redis://user:pass@one:7000?node=two:7001"), "redis://one:7000")
})
