/**
 * Calls by the provider's own paths, by compat, and the list of models.
 *
 * @module
 */
import { type Area, chat, equal, holds } from "./check.ts"

interface Chat {
  readonly object: string
  readonly model: string
  readonly choices: ReadonlyArray<{ readonly message: { readonly content: string } }>
}

/** `…/{account}/{gateway}/baseten/…`. */
export const provider: Area = {
  name: "provider routes",
  checks: [
    {
      name: "a chat is answered as Baseten answers it",
      run: async (wire) => {
        const response = await wire.post("/baseten/v1/chat/completions", chat())
        equal("the status", response.status, 200)
        equal("object", (await response.json() as Chat).object, "chat.completion")
      },
    },
    {
      name: "the body goes up byte for byte, whatever it holds",
      run: async (wire) => {
        const body = JSON.stringify(chat()).replace(
          "{",
          '{ "seed":1.10, "big":12345678901234567890,"é":"\\u00e9",',
        )
        const [request] = await wire.reached(() => wire.post("/baseten/v1/chat/completions", body))
        equal("the body", request?.body_text, body)
      },
    },
    {
      name: "paths work without /v1 too",
      run: async (wire) => {
        const [request] = await wire.reached(() => wire.post("/baseten/chat/completions", chat()))
        equal("the path", request?.path, "/v1/chat/completions")
      },
    },
    {
      name: "models are listed",
      run: async (wire) => {
        const response = await wire.get("/baseten/v1/models")
        equal("the status", response.status, 200)
        equal("object", (await response.json() as { object: string }).object, "list")
      },
    },
    {
      name: "messages and responses reach their routes",
      run: async (wire) => {
        for (const path of ["/v1/messages", "/v1/responses"]) {
          const body = {
            model: "openai/gpt-oss-120b",
            max_tokens: 20,
            input: "Hi",
            messages: chat()["messages"],
          }
          const [request] = await wire.reached(() => wire.post(`/baseten${path}`, body))
          equal("the path", request?.path, path)
        }
      },
    },
    {
      name: "a dedicated deployment and a chain are called",
      run: async (wire) => {
        const paths = {
          "/baseten/model/abcd1234": "/_model/abcd1234/production/predict",
          "/baseten/model/abcd1234/environments/staging/predict":
            "/_model/abcd1234/environments/staging/predict",
          "/baseten/chain/chain123": "/_chain/chain123/production/run_remote",
        }
        for (const [path, reached] of Object.entries(paths)) {
          const [request] = await wire.reached(() => wire.post(path, { prompt: "x" }))
          equal("the path", request?.path, reached)
        }
      },
    },
  ],
}

/** `…/compat/…`. */
export const compat: Area = {
  name: "compat",
  checks: [
    {
      name: "the model's provider is taken off",
      run: async (wire) => {
        const body = chat({ model: "baseten/openai/gpt-oss-120b" })
        const [request] = await wire.reached(() => wire.post("/compat/chat/completions", body))
        equal("the model", (JSON.parse(request?.body_text ?? "{}") as Chat).model, "openai/gpt-oss-120b")
      },
    },
    {
      name: "it is the same below /compat/v1",
      run: async (wire) => {
        const response = await wire.post(
          "/compat/v1/chat/completions",
          chat({ model: "baseten/openai/gpt-oss-120b" }),
        )
        equal("the status", response.status, 200)
      },
    },
    {
      name: "an unknown provider is 400, code 2008",
      run: async (wire) => {
        const response = await wire.post("/compat/chat/completions", chat({ model: "nobody/model" }))
        equal("the status", response.status, 400)
        equal("the code", (await response.json() as { internalCode: number }).internalCode, 2008)
      },
    },
    {
      name: "a model without a provider is 400, code 2019 or 2008",
      run: async (wire) => {
        const response = await wire.post("/compat/chat/completions", chat({ model: "model" }))
        equal("the status", response.status, 400)
        const { internalCode } = await response.json() as { internalCode: number }
        holds([2019, 2008].includes(internalCode), `the code is ${internalCode}`)
      },
    },
    {
      name: "models are listed with their provider",
      run: async (wire) => {
        const { data = [] } = await (await wire.get("/compat/models")).json() as {
          data?: Array<{ id: string }>
        }
        holds(
          data.length > 0 && data.some(({ id }) => id.startsWith("baseten/")),
          "no id begins with baseten/",
        )
      },
    },
  ],
}
