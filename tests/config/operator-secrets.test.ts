import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"

test("every secret of the operator's is known to be one, and no plain word is", () => {
  const settings = Result.getOrThrow(readSettings({
    BASEGATE_TOKENS: "token-of-ann,token-of-bob",
    BASEGATE_ADMIN_TOKEN: "token-of-admin",
    BASETEN_API_KEY: "key-of-baseten",
    KEY: "key-of-team",
    HEADER: "Bearer key-of-header",
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example",
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Basic%20${encodeURIComponent(btoa("id:key-of-collector"))},` +
      "x-dataset=production",
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: "x-team=hcaik0123456789abcdef",
    BASEGATE_CONFIG: {
      gateways: {
        "a/g": { tokens: ["token-of-entry"], provider_keys: { baseten: { team: "env:KEY" } } },
        "a/h": {
          custom_providers: {
            one: {
              base_url: "https://one.example",
              headers: {
                "x-from-variable": "env:HEADER",
                "x-api-key": "key-in-clear",
                accept: "application/json",
                "x-version": "2023-06-01",
              },
            },
          },
        },
      },
    },
  }))
  const contains = (text: string) => settings.secrets.contains(text)
  const secrets = [
    "token-of-ann",
    "token-of-bob",
    "token-of-admin",
    "token-of-entry",
    "key-of-baseten",
    "key-of-team",
    "key-of-header",
    "key-in-clear",
    btoa("id:key-of-collector"),
    "key-of-collector",
    "hcaik0123456789abcdef",
  ]
  for (const secret of secrets) assert.ok(contains(`a ${secret} b`), secret)
  for (const word of ["production", "application/json", "2023-06-01", "Bearer", "Basic", "id:key"]) {
    assert.ok(!contains(`a ${word} b`), word)
  }
})
