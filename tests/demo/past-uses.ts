/**
 * What the demo's teams use their gateways for.
 *
 * @module
 */

/** The demo's account. */
export const account = "my-account"

/** One kind of request, in the middle of its kind. */
export interface Use {
  readonly gateway: string
  readonly team: string
  readonly token: string | null
  readonly model: string
  readonly deployment: string | null
  readonly route: string
  readonly path: string
  readonly agent: string
  readonly streams: boolean
  /** How many of them there are, to the others. */
  readonly share: number
  readonly tokensIn: number
  readonly tokensOut: number
  /** The part of the prompt that the provider has read before. */
  readonly prefix: number
  /** The part of the answer that is reasoning. */
  readonly reasoning: number
  /** Milliseconds. */
  readonly firstToken: number
  /** Tokens a second. */
  readonly speed: number
  /** How many the gateway's cache answers. */
  readonly cached: number
  readonly fallback?: string
  readonly keepsBodies?: boolean
}

const chat = {
  token: null,
  deployment: null,
  route: "chat.completions",
  path: "baseten/v1/chat/completions",
  streams: true,
  prefix: 0.4,
  reasoning: 0,
  cached: 0,
}

/** All of them. */
export const uses: ReadonlyArray<Use> = [
  {
    ...chat,
    gateway: "support",
    team: "support",
    token: "support-web",
    model: "zai-org/GLM-5.3",
    agent: "OpenAI/JS 7.57.0",
    share: 30,
    tokensIn: 2600,
    tokensOut: 420,
    firstToken: 460,
    speed: 85,
    cached: 0.14,
    fallback: "openai/gpt-oss-120b",
    keepsBodies: true,
  },
  {
    ...chat,
    gateway: "support",
    team: "billing",
    token: "support-web",
    model: "openai/gpt-oss-120b",
    agent: "OpenAI/Python 2.31.0",
    share: 12,
    tokensIn: 1500,
    tokensOut: 260,
    reasoning: 0.35,
    firstToken: 190,
    speed: 210,
    cached: 0.22,
    keepsBodies: true,
  },
  {
    ...chat,
    gateway: "search",
    team: "search",
    token: "search-api",
    model: "deepseek-ai/DeepSeek-V4.1-Flash",
    agent: "ai-sdk/baseten 1.1.11",
    streams: false,
    share: 26,
    tokensIn: 3800,
    tokensOut: 140,
    firstToken: 240,
    speed: 160,
    cached: 0.31,
    fallback: "zai-org/GLM-5.3-Flash",
  },
  {
    ...chat,
    gateway: "agents",
    team: "platform",
    token: "coding-agent",
    model: "moonshotai/Kimi-K2.7-Code",
    agent: "claude-cli/3.4.1",
    route: "messages",
    path: "baseten/v1/messages",
    share: 16,
    tokensIn: 31_000,
    tokensOut: 1100,
    prefix: 0.95,
    reasoning: 0.3,
    firstToken: 900,
    speed: 110,
  },
  {
    ...chat,
    gateway: "agents",
    team: "research",
    token: "notebooks",
    model: "deepseek-ai/DeepSeek-V4-Pro",
    agent: "OpenAI/Python 2.31.0",
    route: "compat.chat",
    path: "compat/chat/completions",
    share: 6,
    tokensIn: 9000,
    tokensOut: 2300,
    reasoning: 0.6,
    firstToken: 700,
    speed: 70,
    fallback: "moonshotai/Kimi-K2.6",
  },
  {
    ...chat,
    gateway: "search",
    team: "search",
    token: "nightly-batch",
    model: "openai/gpt-oss-120b",
    agent: "OpenAI/Python 2.31.0",
    streams: false,
    share: 4,
    tokensIn: 5200,
    tokensOut: 380,
    reasoning: 0.2,
    firstToken: 210,
    speed: 200,
  },
  {
    ...chat,
    gateway: "agents",
    team: "research",
    token: "notebooks",
    model: "embed",
    deployment: "wx7d2k3q",
    agent: "python-httpx/0.28",
    route: "model",
    path: "baseten/model/wx7d2k3q",
    streams: false,
    share: 6,
    tokensIn: 400,
    tokensOut: 1,
    firstToken: 60,
    speed: 900,
  },
]
