/**
 * One provider call, as an onion of stages: composed once for each gateway, out of the stages that its settings switch on.
 *
 * @module
 */
import type { Alerts } from "../alert/Alerts.ts"
import type { AuthForwarder } from "../auth/AuthForwarder.ts"
import type { ResponseCache } from "../cache/ResponseCache.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { Limits } from "../limit/Limits.ts"
import type { UrlResolver } from "../route/UrlResolver.ts"
import type { Prices } from "../pricing/Prices.ts"
import type { StreamRelay } from "../relay/StreamRelay.ts"
import type { PlainClock } from "../time/clock.ts"
import type { CircuitBreakers } from "../upstream/CircuitBreakers.ts"
import type { StartTimer } from "../time/Timer.ts"
import type { Upstream } from "../upstream/Upstream.ts"
import { beginningChecked } from "./beginning-checked.ts"
import { cached } from "./cached.ts"
import type { Call, Next } from "./call.ts"
import { circuitGuarded } from "./circuit-guarded.ts"
import { dlpCheckedAnswer } from "./dlp-answer.ts"
import { tokensCounted } from "./count-tokens.ts"
import { dlpCheckedRequest } from "./dlp-request.ts"
import { forwarded } from "./forwarded.ts"
import { screenedCached } from "./screened-cached.ts"
import { hasLimits, limited, type OnSpent } from "./limited.ts"
import { metered } from "./metered.ts"
import type { RequestCoalescer } from "./RequestCoalescer.ts"
import { Scanner } from "./scanner.ts"
import { screenedAnswer } from "./screened-answer.ts"
import { screenedPrompt } from "./screened-prompt.ts"
import { permits, permitted } from "./permitted.ts"
import { retried } from "./retried.ts"
import { send } from "./send.ts"
import { withUsageRequested } from "./stream-options-fallback.ts"

/** The services that calls run on, resolved once. */
export interface CallServices {
  readonly forwarder: AuthForwarder["Service"]
  readonly cache: ResponseCache["Service"]
  readonly coalescer: RequestCoalescer["Service"]
  readonly limits: Limits["Service"]
  readonly prices: Prices["Service"]
  readonly circuits: CircuitBreakers["Service"]
  readonly upstream: Upstream["Service"]
  readonly relay: StreamRelay["Service"]
  readonly clock: PlainClock
  readonly startTimer: StartTimer
  readonly resolver: UrlResolver["Service"]
  readonly alerts: Alerts["Service"]
}

/** Raises alerts about budgets; `undefined` if the gateway has no alerts. */
const onSpent = ({ alerts }: CallServices, { alerts: wanted }: GatewaySettings): OnSpent | undefined =>
  wanted.some(({ budget }) => budget.length > 0)
    ? ({ gateway, exchange }, uses) => alerts.budgets(gateway, uses, exchange.host)
    : undefined

/** Raises alerts about circuits; `undefined` if the gateway has no alerts. Calls do not wait for it. */
const onOpened = ({ alerts }: CallServices, { alerts: wanted }: GatewaySettings) =>
  wanted.some(({ circuit }) => circuit)
    ? ({ gateway, exchange }: Call, host: string): void => {
      const notifying = alerts.circuitOpened(gateway, host, exchange.host)
      if (notifying instanceof Promise) exchange.settleBy(() => notifying.then(() => {}))
    }
    : undefined

/** Composes the stages of a gateway's calls; a call passes them from the bottom up. */
export const callProvider = (services: CallServices, gateway: GatewaySettings): Next => {
  const sending = send(services, gateway)
  const guarding = gateway.circuit === undefined
    ? sending
    : circuitGuarded(services, gateway, gateway.circuit, sending, onOpened(services, gateway))
  const retrying = retried(services, gateway, beginningChecked(guarding))
  const requestingUsage = gateway.requestsUsage ? withUsageRequested(retrying) : retrying
  const metering = metered(services, gateway, requestingUsage)
  const { dlp, guardrails } = gateway
  const scanner = guardrails && new Scanner(services, gateway, guardrails)
  const screeningPrompt = scanner === undefined || guardrails?.prompt === undefined
    ? metering
    : screenedPrompt(services, scanner, guardrails.prompt, metering)
  const limiting = hasLimits(gateway)
    ? limited(services, gateway, screeningPrompt, onSpent(services, gateway))
    : screeningPrompt
  const scanningAnswer = dlp?.response === undefined ? limiting : dlpCheckedAnswer(dlp.response, limiting)
  const screeningAnswer = scanner === undefined || guardrails?.response === undefined
    ? scanningAnswer
    : screenedAnswer(scanner, guardrails.response, scanningAnswer)
  const caching = cached(services, screeningAnswer)
  const forwarding = forwarded(services, caching)
  const scanningRequest = dlp === undefined ? forwarding : dlpCheckedRequest(dlp, forwarding)
  const screeningCached = scanner === undefined || guardrails === undefined
    ? scanningRequest
    : screenedCached(scanner, guardrails, scanningRequest)
  return tokensCounted(permits(gateway) ? permitted(screeningCached) : screeningCached)
}
