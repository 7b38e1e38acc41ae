/** The shared models: what each costs, how its engine behaves, and the list that `GET /v1/models` gives. */
import { type Answer, json } from "./answer.ts"

export type Engine = {
  readonly slug: string
  readonly name: string
  /** Older engines spell out null keys and nest their errors; newer ones do neither and send one header. */
  readonly age: "older" | "newer"
  readonly reasons: "always" | "by-default" | "on-request"
  readonly efforts?: readonly string[]
  readonly reportsReasoningTokens: boolean
  readonly contentAfterFinish: boolean
  readonly repeatsToolCallId: boolean
  readonly stopReason?: number
  readonly images: boolean
  readonly contextLength: number
  readonly maxOutput: number
  /** USD per token. */
  readonly price: { readonly prompt: string; readonly cached: string; readonly completion: string }
}

const usual = {
  age: "newer",
  reasons: "by-default",
  reportsReasoningTokens: true,
  contentAfterFinish: false,
  repeatsToolCallId: true,
  images: false,
  contextLength: 1_048_576,
  maxOutput: 262_144,
} as const

const price = (prompt: string, cached: string, completion: string) => ({ prompt, cached, completion })

const engines: readonly Engine[] = [
  {
    ...usual,
    slug: "openai/gpt-oss-120b",
    name: "OpenAI GPT 120B",
    age: "older",
    reportsReasoningTokens: false,
    stopReason: 200002,
    contextLength: 128_072,
    maxOutput: 128_072,
    price: price("0.0000001", "0.0000001", "0.0000005"),
  },
  {
    ...usual,
    slug: "deepseek-ai/DeepSeek-V4-Pro-0813",
    name: "DeepSeek V4 Pro",
    age: "older",
    contentAfterFinish: true,
    repeatsToolCallId: false,
    price: price("0.00000132", "0.000000132", "0.00000396"),
  },
  {
    ...usual,
    slug: "deepseek-ai/DeepSeek-V4.1-Flash",
    name: "DeepSeek V4.1 Flash",
    images: true,
    maxOutput: 32_768,
    price: price("0.0000003", "0.000000007", "0.0000012"),
  },
  {
    ...usual,
    slug: "zai-org/GLM-5.2",
    name: "GLM 5.2",
    reasons: "on-request",
    efforts: ["none", "high", "max"],
    price: price("0.0000014", "0.00000014", "0.0000044"),
  },
  {
    ...usual,
    slug: "zai-org/GLM-5.3",
    name: "GLM 5.3",
    reasons: "always",
    images: true,
    price: price("0.0000014", "0.00000014", "0.0000044"),
  },
  {
    ...usual,
    slug: "zai-org/GLM-5.3-Flash",
    name: "GLM 5.3 Flash",
    reasons: "always",
    images: true,
    maxOutput: 131_072,
    price: price("0.00000015", "0.00000003", "0.0000005"),
  },
  {
    ...usual,
    slug: "moonshotai/Kimi-K3",
    name: "Kimi K3",
    age: "older",
    images: true,
    price: price("0.000003", "0.0000003", "0.000015"),
  },
  {
    ...usual,
    slug: "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B",
    name: "Nemotron 3 Ultra",
    reasons: "on-request",
    contextLength: 202_800,
    maxOutput: 202_800,
    price: price("0.0000006", "0.00000012", "0.0000024"),
  },
]

const bySlug: ReadonlyMap<string, Engine> = new Map(engines.map((engine) => [engine.slug, engine]))

export function engineOf(slug: string): Engine | undefined {
  return bySlug.get(slug)
}

/** A server in a customer's own container takes any model name and has no quirks. */
export function dedicatedEngine(slug: string): Engine {
  return {
    ...usual,
    slug,
    name: slug,
    reasons: "on-request",
    repeatsToolCallId: false,
    images: true,
    price: price("0", "0", "0"),
  }
}

export function listModels(): Answer {
  return json({ object: "list", data: engines.map(describe) })
}

function describe(engine: Engine) {
  return {
    id: engine.slug,
    object: "model",
    created: 1_760_000_000,
    owned_by: "baseten",
    name: engine.name,
    description: `${engine.name}, as a simulator plays it`,
    context_length: engine.contextLength,
    max_completion_tokens: engine.maxOutput,
    quantization: "fp8",
    pricing: {
      prompt: engine.price.prompt,
      completion: engine.price.completion,
      image: "0",
      request: "0",
      input_cache_read: engine.price.cached,
    },
    supported_sampling_parameters: ["temperature", "top_p", "top_k", "stop", "seed", "max_tokens"],
    supported_features: ["tools", "json_mode", "structured_outputs", "reasoning", "reasoning_effort"],
    input_modalities: engine.images ? ["text", "image"] : ["text"],
    output_modalities: ["text"],
    hugging_face_id: engine.slug,
  }
}
