import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { gatewayPath, gatewayPathForm, parseGatewayPath, placeOf } from "../../lib/route/paths.ts"

const id = fc.stringMatching(/^[\w-]{1,64}$/)

test("parseGatewayPath() reads what gatewayPath() prints, with whatever follows", () => {
  const rest = fc.oneof(
    fc.constant(""),
    fc.string().filter((text) => !text.includes("\n")).map((text) => `/${text}`),
  )
  const provider = fc.stringMatching(/^[^/\n]{0,20}$/)
  fc.assert(fc.property(id, id, provider, rest, (account, gateway, provider, rest) => {
    const path = `${gatewayPath({ account, gateway })}/${provider}${rest}`
    assert.deepEqual(parseGatewayPath(path), { account, gateway, provider, rest })
    const place = placeOf(`/${path}`)
    assert.deepEqual([place?.account, place?.gateway], [account, gateway])
  }))
})

test("parseGatewayPath() takes the universal endpoint, and nothing else than a gateway's paths", () => {
  const universal = { account: "a", gateway: "g", provider: "", rest: "" }
  assert.deepEqual([parseGatewayPath("/v1/a/g"), parseGatewayPath("/v1/a/g/")], [universal, universal])
  for (
    const path of [
      "/",
      "/v1",
      "/v1/a",
      "/v2/a/g",
      "/v1/a!/g",
      `/v1/${"a".repeat(65)}/g`,
      "/x/v1/a/g",
      "//v1/a/g",
    ]
  ) {
    assert.equal(parseGatewayPath(path), undefined, path)
  }
  assert.equal(gatewayPathForm, "/v1/{account_id}/{gateway_id}")
})
