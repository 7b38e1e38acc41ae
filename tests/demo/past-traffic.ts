/**
 * What a team of a hundred people would have asked of their gateways: a day in full, and the weeks before in thinner form.
 *
 * @module
 */
import type { PastRequest } from "../../lib/commands/demo-gateway.ts"
import { callCost } from "../../lib/pricing/call-cost.ts"
import { staticPriceOf } from "../../lib/pricing/static-prices.ts"
import { uuidV7 } from "../../lib/record/request-id.ts"
import type { AttemptRecord, RequestRecord } from "../../lib/record/request-record.ts"
import { chance } from "../support/chance.ts"
import { draftRecord } from "../support/draft-record.ts"
import { bodiesOf } from "./past-bodies.ts"
import { account, type Use, uses } from "./past-uses.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** How much is asked at an hour of the day, of what is asked at the busiest. */
const hours = [6, 4, 3, 3, 3, 5, 12, 28, 55, 80, 92, 95, 70, 88, 100, 97, 90, 74, 48, 34, 26, 20, 14, 9]

/** How many requests come an hour, some days ago: the product grows, and people rest. */
const rateAt = (time: number, now: number): number => {
  const date = new Date(time)
  const ago = (now - time) / day
  const isLastDay = ago < 1.3
  const isWeekend = date.getDay() % 6 === 0 && !isLastDay
  const busy = (hours[date.getHours()] ?? 0) / 100
  return (14 + 46 * Math.exp(-ago / 16)) * busy * (isLastDay ? 2.4 : isWeekend ? 0.35 : 1)
}

interface Outcome {
  readonly status: number
  readonly ending: RequestRecord["ending"]
  readonly error: string | null
  readonly code: number | null
}

const whole: Outcome = { status: 200, ending: "complete", error: null, code: null }

const outcomeOf = (use: Use, at: number, isIncident: boolean): Outcome => {
  if (isIncident && use.model === "zai-org/GLM-5.3" && at < 0.55) return { ...whole, status: 529 }
  if (at < 0.006) return { ...whole, status: 529 }
  if (at < 0.01) return { ...whole, status: 400 }
  if (at < 0.013) {
    return { ...whole, status: 429, error: "The rate limit of this gateway is reached.", code: 2003 }
  }
  if (at < 0.016) return { ...whole, ending: "upstream_cut" }
  if (at < 0.026 && use.streams) return { ...whole, ending: "client_left" }
  if (at < 0.028) return { ...whole, status: 504, ending: "first_byte_timeout", error: "No answer in time." }
  return whole
}

const attemptOf = (members: Partial<AttemptRecord>): AttemptRecord => ({
  step: 0,
  attempt: 1,
  provider: "baseten",
  model: null,
  url: "https://inference.baseten.co/v1/chat/completions",
  status: 200,
  error: null,
  started_ms: 0.6,
  duration_ms: 0,
  waited_ms: 0,
  circuit: null,
  span_id: null,
  ...members,
})

/** Makes one request of a use. */
const requestAt = (time: number, use: Use, random: () => number, isIncident: boolean): PastRequest => {
  const id = uuidV7(time)
  const outcome = outcomeOf(use, random(), isIncident)
  const isHit = use.cached > random() && outcome === whole
  const spread = (middle: number): number => middle * Math.exp((random() + random() - 1) * 1.1)
  const [tokensIn, tokensOut] = [Math.ceil(spread(use.tokensIn)), Math.ceil(spread(use.tokensOut))]
  const failsFirst = outcome.status === 529 ? 1 : random() < (isIncident ? 0.2 : 0.012) ? 1 : 0
  const fallsBack = failsFirst === 1 && use.fallback !== undefined && random() < 0.75
  const model = fallsBack ? use.fallback ?? use.model : use.model
  const isRetried = failsFirst === 1 && !fallsBack && outcome === whole
  const { status, ending, error, code } = fallsBack && outcome.status === 529 ? whole : outcome
  const isWhole = status === 200 && ending === "complete"
  const reaches = status === 200
  const wait = failsFirst === 1 ? 180 + 600 * random() : 0
  const firstToken = reaches && use.streams ? (isHit ? 2 + random() : wait + spread(use.firstToken)) : null
  const share = isWhole ? 1 : random()
  const total_ms = isHit
    ? 3 + 2 * random()
    : reaches
    ? (firstToken ?? wait + spread(use.firstToken)) + 1000 * share * tokensOut / spread(use.speed)
    : wait + spread(status === 504 ? 60_000 : 90)
  const isEstimated = !isWhole && reaches
  const usage = reaches && use.deployment === null
    ? {
      input: tokensIn,
      output: Math.ceil(share * tokensOut),
      cachedInput: isEstimated ? undefined : Math.floor(tokensIn * use.prefix * random()),
      reasoning: Math.floor(share * tokensOut * use.reasoning),
    }
    : undefined
  const { cost } = callCost(
    {
      provider: "baseten",
      deployment: use.deployment ?? undefined,
      model,
      status,
      cached: isHit,
      usage,
      duration: total_ms,
    },
    { custom: undefined, overrides: new Map(), priceOf: staticPriceOf },
  )
  const rounded = (value: number): number => Math.round(1000 * value) / 1000
  const first = attemptOf({
    model: use.model,
    status: failsFirst === 1 ? 529 : status,
    duration_ms: rounded(80 + 90 * random()),
  })
  const again = attemptOf({
    model,
    step: fallsBack ? 1 : 0,
    attempt: fallsBack ? 1 : 2,
    status,
    started_ms: rounded(wait),
    waited_ms: fallsBack ? 0 : rounded(wait - 170),
    duration_ms: rounded(Math.max(20, (firstToken ?? total_ms) - wait - 5)),
  })
  const record: RequestRecord = {
    ...draftRecord({
      time: new Date(time).toISOString(),
      request_id: id,
      event_id: id,
      method: "POST",
      path: `/v1/${account}/${use.gateway}/${use.path}`,
      user_agent: use.agent,
      request_content_type: "application/json",
      scheme: "https",
    }),
    account_id: account,
    gateway_id: use.gateway,
    provider: "baseten",
    route: use.route,
    model: use.deployment === null ? model : null,
    deployment: use.deployment,
    stream: use.streams,
    status,
    upstream_status: code === null && status !== 504 ? status : null,
    ending,
    error,
    error_code: code,
    request_bytes: tokensIn * 4,
    response_bytes: reaches ? Math.ceil(share * tokensOut) * (use.streams ? 180 : 5) : 140,
    time_to_headers_ms: rounded(Math.min(total_ms, (firstToken ?? total_ms) - 3)),
    time_to_first_byte_ms: rounded(Math.min(total_ms, (firstToken ?? total_ms) - 2)),
    time_to_first_token_ms: firstToken === null ? null : rounded(firstToken),
    total_ms: rounded(total_ms),
    gateway_ms: rounded(0.6 + random()),
    tokens_in: usage?.input ?? null,
    tokens_out: usage?.output ?? null,
    tokens_cached: usage?.cachedInput ?? null,
    tokens_reasoning: usage?.reasoning ?? null,
    usage_source: usage === undefined ? null : isEstimated ? "estimated" : "exact",
    cost: cost ?? null,
    response_content_type: use.streams && reaches ? "text/event-stream" : "application/json",
    authenticated: use.token !== null,
    token: use.token,
    key: "stored",
    baseten_request_id: id.replaceAll("-", ""),
    step: fallsBack ? 1 : 0,
    cached: isHit,
    metadata: { team: use.team, user: `${use.team}-${1 + Math.floor(9 * random())}` },
    attempts: isHit || code !== null ? [] : fallsBack || isRetried ? [first, again] : [first],
    changes: fallsBack ? ["model"] : [],
  }
  return use.keepsBodies ? { record, payloads: bodiesOf(record) } : { record }
}

/** How many weeks there are before the day. */
const weeks = 7

/**
 * The requests of the weeks before a moment, the oldest first.
 *
 * A batch job's burst is a few hours old; a model had no capacity for half an hour, and has too little of it now.
 */
export const pastTraffic = (now: number): ReadonlyArray<PastRequest> => {
  const random = chance(20_261_128)
  const weight = uses.reduce((sum, { share }) => sum + share, 0)
  const anyUse = (): Use => {
    let at = random() * weight
    return uses.find(({ share }) => (at -= share) < 0) ?? (uses[0] as Use)
  }
  const requests: Array<PastRequest> = []
  const incident = now - 3.2 * hour
  for (let time = now - weeks * 7 * day; time < now;) {
    // The next one comes after a time that has no memory; at night there may be none for an hour.
    time += -Math.log(1 - random()) * hour / Math.max(0.8, rateAt(time, now))
    if (time >= now) break
    const isIncident = time > incident && time < incident + 35 * minute
    requests.push(requestAt(Math.floor(time), anyUse(), random, isIncident))
  }
  const batch = uses.find(({ token }) => token === "nightly-batch") ?? (uses[0] as Use)
  for (let index = 0; index < 110; index++) {
    requests.push(requestAt(Math.floor(now - 5 * hour + 4 * minute * random()), batch, random, false))
  }
  const { fallback: _, ...alone } = uses[0] as Use
  for (let ago = 2; ago < 50; ago += 6) requests.push(requestAt(now - ago * minute, alone, random, true))
  return requests.sort((one, other) => one.record.time < other.record.time ? -1 : 1)
}
