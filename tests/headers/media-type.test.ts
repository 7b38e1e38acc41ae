import assert from "node:assert/strict"
import { test } from "node:test"
import { isJson } from "../../lib/headers/media-type.ts"

test("isJson() takes JSON by its name or its suffix, whatever its case and parameters", () => {
  for (
    const type of [
      "application/json",
      "Application/JSON; charset=utf-8",
      " application/json",
      "application/problem+json",
      "application/vnd.a.b+c+json;v=1",
    ]
  ) assert.ok(isJson(type), type)
  for (
    const type of [
      "",
      "text/json",
      "application/jsonl",
      "application/x-ndjson",
      "text/event-stream; application/json",
    ]
  ) {
    assert.ok(!isJson(type), type)
  }
})
