import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { findPath, forMethod } from "../../lib/route/routes.ts"

const urls = {
  inferenceUrl: "https://inference.baseten.co",
  modelUrl: "https://model-{model_id}.api.baseten.co",
  chainUrl: "https://chain-{chain_id}.api.baseten.co",
  gateway: () => ({ customProviders: new Map([["custom-x", { baseUrl: "https://x.example/base" }]]) }),
}

const repeatable = (method: string, path: string) => {
  const route = Result.merge(forMethod(findPath(urls, `/v1/a/g/${path}`, ""), method))
  return "url" in route && route.repeatable === method
}

test("answers to inference may be repeated, on every path", () => {
  const paths = [
    "baseten/v1/chat/completions",
    "baseten/chat/completions",
    "baseten/v1//chat/completions",
    "baseten/v1/messages",
    "baseten/v1/responses",
    "baseten/v1/completions",
    "baseten/v1/embeddings",
    "baseten/v1/rerank",
    "compat/chat/completions",
    "compat/v1/chat/completions",
    "baseten/model/abcd1234",
    "baseten/model/abcd1234/predict",
    "baseten/model/abcd1234/production/predict",
    "baseten/model/abcd1234/environments/staging/predict",
    "baseten/model/abcd1234/deployment/x1/predict",
    "baseten/model/abcd1234/production/sync/v1/chat/completions",
    "baseten/model/abcd1234/sync/v1/embeddings",
    "baseten/model/abcd1234/sync/v2/rerank",
    "baseten/model/abcd1234/v1/messages",
    "baseten/model/abcd1234/sync/predict",
    "baseten/chain/abcd1234",
    "baseten/chain/abcd1234/environments/staging/run_remote",
    "custom-x/v1/chat/completions",
    "custom-x/chat/completions",
    "custom-x/openai/v1/chat/completions",
    "custom-x/openai/deployments/gpt/embeddings",
    "custom-x/anthropic/v1/messages",
    "custom-x/v1/audio/speech",
    "custom-x/v1/images/generations",
    "custom-x/v1beta/models/gemini-3:generateContent",
  ]
  for (const path of paths) assert.equal(repeatable("POST", path), true, path)
})

test("answers to anything else may not: the call may start, change, watch or delete something", () => {
  const ids = ["baseten", "baseten/model/abcd1234/sync", "baseten/model/abcd1234/production/sync", "custom-x"]
  const gets = [
    "responses/resp_1",
    "responses/resp_1/input_items",
    "batches",
    "batches/b_1",
    "messages/batches/b_1",
    "conversations/c_1",
    "conversations/c_1/items",
    "files/f_1/content",
    "chat/completions/c_1",
    "threads/t_1/runs/r_1",
    "videos/v_1",
    "models/m_1",
  ]
  const posts = [
    "responses/resp_1/cancel",
    "responses/resp_1",
    "batches",
    "batches/b_1/cancel",
    "messages/batches",
    "conversations",
    "conversations/c_1/items",
    "chat/completions/c_1",
    "files",
    "uploads/u_1/complete",
    "threads",
    "threads/t_1/messages",
    "threads/t_1/runs",
    "vector_stores/v_1/search",
    "fine_tuning/jobs",
    "videos",
    "echo",
  ]
  for (const id of ids) {
    for (const path of gets) assert.equal(repeatable("GET", `${id}/v1/${path}`), false, `GET ${id} ${path}`)
    for (const path of posts) {
      assert.equal(repeatable("POST", `${id}/v1/${path}`), false, `POST ${id} ${path}`)
    }
    assert.equal(repeatable("DELETE", `${id}/v1/responses/resp_1`), false)
  }
  const deployed = [
    "async_predict",
    "production/async_predict",
    "wake",
    "async_request/r1",
    "development/wake",
  ]
  for (const path of deployed) {
    for (const method of ["GET", "POST"]) {
      assert.equal(repeatable(method, `baseten/model/abcd1234/${path}`), false, `${method} ${path}`)
    }
  }
  assert.equal(repeatable("GET", "custom-x/v1/models"), false)
  assert.equal(repeatable("GET", "baseten/model/abcd1234/production/predict"), false)
})

test("of GETs only Baseten's list of models may be repeated", () => {
  for (const path of ["baseten/v1/models", "baseten/models", "compat/models"]) {
    assert.equal(repeatable("GET", path), true, path)
  }
})
