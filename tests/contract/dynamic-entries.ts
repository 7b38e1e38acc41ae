/** The dynamic routes that the cases call, and the gateway that has them. */
import type { Simulator } from "../simulator/server.ts"
import type { Configured } from "./harness.ts"

type To = Readonly<Record<string, string>>
const element = (id: string, type: string, to: To, properties?: object) => ({
  id,
  type,
  ...(properties && { properties }),
  outputs: Object.fromEntries(Object.entries(to).map(([output, elementId]) => [output, { elementId }])),
})
const start = (next: string) => element("start", "start", { next })
const end = element("end", "end", {})
const baseten = (id: string, model: string, more: object = {}, to: To = {}) =>
  element(id, "model", { success: "end", ...to }, { provider: "baseten", model, ...more })
const other = (id: string, to: To = {}) =>
  element(id, "model", { success: "end", ...to }, { provider: "custom-other", model: "moonshotai/Kimi-K3" })
const gpt = (more: object = {}, to: To = {}) => baseten("gpt", "openai/gpt-oss-120b", more, to)
const glm = (more: object = {}, to: To = {}) => baseten("glm", "zai-org/GLM-5.3", more, to)
const month = 86_400 * 30

/** Two ways, told apart by the model: GLM where something holds, else gpt-oss. */
const choice = (type: string, to: To, properties?: object) => ({
  elements: [start("choice"), element("choice", type, to, properties), glm(), gpt(), end],
})
const ifSo = { true: "glm", false: "gpt" }
const whileLeft = { success: "glm", fallback: "gpt" }

const routes = {
  plan: choice("conditional", ifSo, { conditions: { "metadata.plan": { $eq: "pro" } } }),
  size: choice("conditional", ifSo, {
    condition: { $and: [{ "body.max_tokens": { $gt: 100 } }, { "body.messages.0.role": "user" }] },
  }),
  tier: choice("conditional", ifSo, { conditions: { "headers.x-tier": { $in: ["gold", "silver"] } } }),
  all: choice("percentage", { "100%": "glm", else: "gpt" }),
  half: choice("percentage", { "50%": "glm", else: "gpt" }),
  rate: choice("rate", whileLeft, { limitType: "count", key: "metadata.user", limit: 2, window: month }),
  spend: choice("rate_limit", whileLeft, {
    limitType: "cost",
    key: "metadata.user",
    limit: 0.01,
    interval: month,
    technique: "sliding",
  }),
  strict: {
    elements: [
      start("rate"),
      element("rate", "rate", { success: "gpt" }, {
        limitType: "count",
        key: "metadata.user",
        limit: 1,
        window: month,
      }),
      gpt(),
      end,
    ],
  },
  backup: [start("gpt"), gpt({}, { fallback: "glm" }), glm(), end],
  patient: [start("gpt"), gpt({ timeout: 150 }, { fallback: "glm" }), glm(), end],
  stubborn: [start("gpt"), gpt({ retries: 2 }, { fallback: "glm" }), glm(), end],
  away: [start("gpt"), gpt({}, { fallback: "other" }), other("other"), end],
  home: [start("other"), other("other", { fallback: "gpt" }), gpt(), end],
  twice: [start("gpt"), gpt({}, { success: "glm" }), glm(), end],
  effort: [start("old"), baseten("old", "zai-org/GLM-5.2"), end],
  nowhere: [start("end"), end],
}

/** What these cases need configured. */
export const dynamicEntries = ({ url }: Simulator): Configured => ({
  entries: {
    dynamic: {
      routes,
      retry_delay: 1,
      custom_providers: { other: { base_url: url, allow_http: true } },
      provider_keys: { "custom-other": { default: "env:DYNAMIC_OTHER_KEY" } },
    },
  },
  variables: { DYNAMIC_OTHER_KEY: "sk-other" },
})
