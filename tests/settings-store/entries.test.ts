/** What is written, as entries of a settings file. */
import assert from "node:assert/strict"
import { test } from "node:test"
import {
  documentText,
  emptyDocument,
  parseDocument,
  withGateway,
  type WrittenGateway,
} from "../../lib/settings-store/document.ts"
import { entriesOf } from "../../lib/settings-store/entries.ts"

const written = { version: 1, created_at: "2026-11-28T00:00:00Z", modified_at: "2026-11-28T00:00:00Z" }
const gateway: WrittenGateway = {
  ...written,
  id: "g",
  account: "a",
  settings: { cache_ttl: 5 },
  noted: { zdr: false },
  tokens: [],
  routes: [],
  keys: [],
}
const entryOf = (more: Partial<WrittenGateway>, document = emptyDocument) =>
  entriesOf(withGateway(document, "a", "g", { ...gateway, ...more }))["a/g"]

test("entries have the settings that were written, without mere annotations", () => {
  assert.deepEqual(entryOf({}), { cache_ttl: 5 })
})

test("each value of a token is an entry of its own, which ends at the earlier of two times", () => {
  const values = [
    { token: "sha256:new", preview: null, until: null },
    { token: "sha256:old", preview: null, until: "2026-12-01T00:00:00.000Z" },
    { token: "sha256:older", preview: null, until: "2027-06-01T00:00:00.000Z" },
  ]
  const token = { ...written, id: "t", name: "ann", values }
  const options = { models: ["openai/*"], expires: "2027-01-01" }
  assert.deepEqual(entryOf({ tokens: [{ ...token, options }] })?.["tokens"], [
    { ...options, name: "ann", token: "sha256:new" },
    { ...options, name: "ann", token: "sha256:old", expires: "2026-12-01T00:00:00.000Z" },
    { ...options, name: "ann", token: "sha256:older", expires: "2027-01-01" },
  ])
  assert.deepEqual(entryOf({ tokens: [{ ...token, options: {}, values: values.slice(0, 1) }] })?.["tokens"], [
    { name: "ann", token: "sha256:new" },
  ])
})

test("a default key is there under its alias and as default", () => {
  const key = { ...written, id: "k", provider: "baseten", isDefault: false }
  const keys = [
    { ...key, alias: "default", secret: "env:ONE" },
    { ...key, alias: "prod", secret: "sealed:two", isDefault: true },
  ]
  assert.deepEqual(entryOf({ keys })?.["provider_keys"], {
    baseten: { default: "sealed:two", prod: "sealed:two" },
  })
})

test("a route's latest deployed version is in force", () => {
  const version = (version_id: string) => ({
    version_id,
    created_at: "",
    elements: [version_id],
    comment: null,
  })
  const deployment = (version_id: string) => ({
    deployment_id: version_id,
    version_id,
    created_at: "",
    comment: null,
  })
  const route = { ...written, id: "r", name: "fast", versions: [version("two"), version("one")] }
  const routesOf = (...deployed: ReadonlyArray<string>) =>
    entryOf({ routes: [{ ...route, deployments: deployed.map(deployment) }] })?.["routes"]
  assert.deepEqual(routesOf("one", "two"), { fast: { elements: ["one"] } })
  assert.deepEqual(routesOf("two", "one"), { fast: { elements: ["two"] } })
  assert.equal(routesOf(), undefined)
})

test("the gateway's own providers override those of the account; disabled ones are left out", () => {
  const provider = { ...written, account: "a", enable: true, noted: {} }
  const providers = [
    { ...provider, id: "1", slug: "one", settings: { base_url: "https://account.example" } },
    { ...provider, id: "2", slug: "two", settings: { base_url: "https://two.example" } },
    { ...provider, id: "3", slug: "three", settings: { base_url: "https://three.example" }, enable: false },
    { ...provider, id: "4", slug: "four", settings: { base_url: "https://four.example" }, account: "b" },
  ]
  const settings = { custom_providers: { one: { base_url: "https://own.example" } } }
  assert.deepEqual(entryOf({ settings }, { ...emptyDocument, providers }), {
    custom_providers: { one: { base_url: "https://own.example" }, two: { base_url: "https://two.example" } },
  })
})

test("unreferenced secrets are dropped, and a later format is not read", () => {
  const secret = { account: "a", sealed: "x.y.z", preview: "****" }
  const key = {
    ...written,
    id: "k",
    provider: "baseten",
    alias: "default",
    isDefault: true,
    secret: "sealed:used",
  }
  const document = withGateway({ ...emptyDocument, secrets: { used: secret, left: secret } }, "a", "g", {
    ...gateway,
    keys: [key],
  })
  assert.deepEqual(Object.keys(parseDocument(documentText(document)).secrets), ["used"])
  assert.deepEqual(parseDocument(""), emptyDocument)
  assert.throws(() => parseDocument(`{"format": 2}`), /later basegate/)
})
