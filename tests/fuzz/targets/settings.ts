/** Settings as their operators write them: an error that says where, or what holds, and nothing else. */
import assert from "node:assert/strict"
import * as Result from "effect/Result"
import { readSettings } from "../../../lib/config/environment.ts"
import { parseSettings } from "../../../lib/runtime/parse-settings.ts"
import type { Target } from "../target.ts"

const secret = "s3cr3t-value-0001"
const asName = new RegExp(`"[^"]*${secret}[^"]*":`)

export const settings: Target = {
  name: "settings",
  corpus: [
    `gateways:\n  '*': {}\n  a/g:\n    cache_ttl: 60\n    tokens:\n    - {name: ann, token: ${secret}, models: ['baseten/*']}\n`,
    "defaults: {retry_max_attempts: 3}\ngateways:\n  a/g: &x\n    rate_limiting_limit: 5\n    rate_limiting_interval: 60\n  a/h: *x\n",
    '{"gateways":{"a/g":{"spend_limits":{"enabled":true,"rules":[{"limit":1,"limitType":"cost","window":"month","time_zone":"Europe/Berlin"}]},' +
    '"dlp":{"enabled":true,"policies":[{"id":"p","enabled":true,"action":"MASK","check":["REQUEST"],"profiles":["x"]}]},' +
    '"dlp_profiles":{"x":{"detectors":["email",{"regex":"(a|b)+c"},{"literals":["hush"]}]}}}}}',
    '{"gateways":{"a/g":{"model_aliases":{"fast":{"targets":["baseten/x"],"order":"cheapest"}},"custom_providers":{"x":{"base_url":"https://x.example/v1"}}}}}',
  ],
  words: [
    "gateways",
    "a/g:",
    "- ",
    "{}",
    "[]",
    "\n  ",
    "&x",
    "*x",
    "!!",
    "1e9",
    "~",
    "true",
    "env:NAME",
    "sha256:",
    "'*'",
  ],
  check: async (input) => {
    const text = new TextDecoder().decode(input)
    const read = await parseSettings("basegate.yaml", text)
    if (Result.isFailure(read)) {
      assert.ok(read.failure.length > 0)
      return
    }
    const document = JSON.stringify(read.success.document) ?? ""
    const config = readSettings({ BASEGATE_CONFIG: document })
    if (Result.isSuccess(config)) return
    assert.match(config.failure, /^BASEGATE_CONFIG/)
    // An error names settings, and shows no value: it may be a secret.
    if (!asName.test(document)) assert.ok(!config.failure.includes(secret), config.failure)
  },
}
