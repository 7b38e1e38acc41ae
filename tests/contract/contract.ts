/**
 * The contract: what a gateway does, whatever it runs on. Each file of `runtimes/` runs all of it for real.
 */
import { describe } from "node:test"
import type { Simulator } from "../simulator/server.ts"
import type { Runtime } from "../support/spawn-gateway.ts"
import { basetenSocketCases, basetenSocketEntries } from "./cases/baseten-sockets.ts"
import { adminJwtCases, adminJwtEntries } from "./cases/admin-jwt.ts"
import { alertCases, alertEntries } from "./cases/alerts.ts"
import { bodyCases, bodyEntries } from "./cases/bodies.ts"
import { circuitCases, circuitEntries } from "./cases/circuits.ts"
import { cacheCases, cacheEntries } from "./cases/cache.ts"
import { cachedCallCases, cachedCallEntries } from "./cases/cached-calls.ts"
import { cachedCallerCases, cachedCallerEntries } from "./cases/cached-callers.ts"
import { cachedFailureCases, cachedFailureEntries } from "./cases/cached-failures.ts"
import { cachedKindCases, cachedKindEntries } from "./cases/cached-kinds.ts"
import { callerTextCases, callerTextEntries } from "./cases/caller-text.ts"
import { clientCases } from "./cases/clients.ts"
import { clockCases, clockEntries } from "./cases/clocks.ts"
import { codedBodyCases, codedBodyEntries } from "./cases/coded-bodies.ts"
import { compatCases, compatEntries } from "./cases/compat.ts"
import { consoleCases, consoleEntries } from "./cases/console.ts"
import { conformCases, conformEntries } from "./cases/conform.ts"
import { corsCases } from "./cases/cors.ts"
import { credentialCases, credentialEntries } from "./cases/credentials.ts"
import { customProviderKeyCases, customProviderKeyEntries } from "./cases/custom-provider-keys.ts"
import { customProviderCases, customProviderEntries } from "./cases/custom-providers.ts"
import { cutMatrixCases } from "./cases/cut-matrix.ts"
import { dlpCases, dlpEntries } from "./cases/dlp.ts"
import { policyClientCases } from "./cases/policy-clients.ts"
import { guardrailCases, guardrailEntries } from "./cases/guardrails.ts"
import { dynamicCases } from "./cases/dynamic.ts"
import { endingCases } from "./cases/stream-endings.ts"
import { errorCases, errorEntries } from "./cases/errors.ts"
import { errorFallbackCases, errorFallbackEntries } from "./cases/error-fallback.ts"
import { evaluationCases, evaluationEntries } from "./cases/evaluations.ts"
import { judgeCases, judgeEntries } from "./cases/judges.ts"
import { fallbackCases, fallbackEntries } from "./cases/fallback.ts"
import { gatewayOtelCases, gatewayOtelEntries } from "./cases/gateway-otel.ts"
import { headerCases } from "./cases/headers.ts"
import { hostCases } from "./cases/hosts.ts"
import { jwtCases, jwtEntries } from "./cases/jwt.ts"
import { keepAliveCases } from "./cases/keep-alive.ts"
import { hiddenModelCases, hiddenModelEntries } from "./cases/hidden-models.ts"
import { keyCases, keyEntries } from "./cases/keys.ts"
import { leavingCases } from "./cases/client-disconnects.ts"
import { modelAliasCases, modelAliasEntries } from "./cases/model-aliases.ts"
import { meteringCases, meteringEntries } from "./cases/metering.ts"
import { logApiCases, logApiEntries } from "./cases/log-api.ts"
import { logFigureCases, logFigureEntries } from "./cases/log-figures.ts"
import { oddAnswerCases } from "./cases/odd-answers.ts"
import { optionCases, optionEntries } from "./cases/options.ts"
import { restSurfaceCases, restSurfaceEntries } from "./cases/rest-surface.ts"
import { redirectCases, redirectEntries } from "./cases/redirects.ts"
import { recordCases, recordEntries } from "./cases/records.ts"
import { parserCostCases } from "./cases/parser-cost.ts"
import { refusedUploadCases, refusedUploadEntries } from "./cases/refused-uploads.ts"
import { relayCases } from "./cases/relay.ts"
import { reservedBudgetCases, reservedBudgetEntries } from "./cases/reserved-budgets.ts"
import { retryCases, retryEntries } from "./cases/retries.ts"
import { retryWaitCases, retryWaitEntries } from "./cases/retry-waits.ts"
import { routeCases } from "./cases/routes.ts"
import { wireFaultCases, wireFaultEntries } from "./cases/wire-faults.ts"
import { webSocketBoundCases, webSocketBoundEntries } from "./cases/websocket-bounds.ts"
import { usageRefusalCases, usageRefusalEntries } from "./cases/usage-refusals.ts"
import { writtenSettingsCases, writtenSettingsEntries } from "./cases/written-settings.ts"
import { webSocketCases, webSocketEntries } from "./cases/websocket.ts"
import { limitPartitionCases, limitPartitionEntries } from "./cases/limit-partitions.ts"
import { limitCases, limitEntries } from "./cases/limits.ts"
import { limitStateCases, limitStateEntries } from "./cases/limit-states.ts"
import { slowUploadCases, slowUploadEntries } from "./cases/slow-uploads.ts"
import { sessionCases, sessionEntries } from "./cases/sessions.ts"
import { settingsFileCases, settingsFileEntries } from "./cases/settings-file.ts"
import { sharedMissCases, sharedMissEntries } from "./cases/shared-misses.ts"
import { spendLimitCases, spendLimitEntries } from "./cases/spend-limits.ts"
import { spendRuleCases, spendRuleEntries } from "./cases/spend-rules.ts"
import { stepOptionCases, stepOptionEntries } from "./cases/step-options.ts"
import { streamCommentCases, streamCommentEntries } from "./cases/stream-comments.ts"
import { streamLabelCases, streamLabelEntries } from "./cases/stream-labels.ts"
import { reportedErrorCases, reportedErrorEntries } from "./cases/reported-errors.ts"
import { tokenCases, tokenEntries } from "./cases/tokens.ts"
import { tokenModelCases, tokenModelEntries } from "./cases/token-models.ts"
import { tokenCountCases, tokenCountEntries } from "./cases/token-counts.ts"
import { tracingCases } from "./cases/tracing.ts"
import { universalCases, universalEntries } from "./cases/universal.ts"
import { dynamicEntries } from "./dynamic-entries.ts"
import { type Configured, type Harness, openHarness, type SharedStore } from "./harness.ts"

/** A subject: its cases, and what they need configured. */
interface Subject {
  readonly cases: (harness: Harness) => void
  readonly configured?: (simulator: Simulator) => Configured
  /** Its cases wait more than they work, and neither disturb nor see others: such subjects run side by side. */
  readonly waits?: true
}

const subjects: Readonly<Record<string, Subject>> = {
  routes: { cases: routeCases },
  compat: { cases: compatCases, configured: compatEntries },
  "rest surface": { cases: restSurfaceCases, configured: restSurfaceEntries },
  "token counts": { cases: tokenCountCases, configured: tokenCountEntries },
  headers: { cases: headerCases },
  hosts: { cases: hostCases },
  "keep alive": { cases: keepAliveCases },
  "odd answers": { cases: oddAnswerCases },
  "refused uploads": { cases: refusedUploadCases, configured: refusedUploadEntries },
  "slow uploads": { cases: slowUploadCases, configured: slowUploadEntries },
  redirects: { cases: redirectCases, configured: redirectEntries },
  credentials: { cases: credentialCases, configured: credentialEntries },
  tokens: { cases: tokenCases, configured: tokenEntries },
  jwt: { cases: jwtCases, configured: jwtEntries },
  "admin jwt": { cases: adminJwtCases, configured: adminJwtEntries },
  "token models": { cases: tokenModelCases, configured: tokenModelEntries },
  cors: { cases: corsCases },
  bodies: { cases: bodyCases, configured: bodyEntries },
  "coded bodies": { cases: codedBodyCases, configured: codedBodyEntries },
  "hidden models": { cases: hiddenModelCases, configured: hiddenModelEntries },
  relay: { cases: relayCases },
  endings: { cases: endingCases },
  "cut matrix": { cases: cutMatrixCases },
  "stream labels": { cases: streamLabelCases, configured: streamLabelEntries },
  "stream comments": { cases: streamCommentCases, configured: streamCommentEntries, waits: true },
  "reported errors": { cases: reportedErrorCases, configured: reportedErrorEntries },
  "wire faults": { cases: wireFaultCases, configured: wireFaultEntries },
  clocks: { cases: clockCases, configured: clockEntries },
  leaving: { cases: leavingCases },
  errors: { cases: errorCases, configured: errorEntries },
  options: { cases: optionCases, configured: optionEntries },
  keys: { cases: keyCases, configured: keyEntries },
  "custom providers": { cases: customProviderCases, configured: customProviderEntries },
  "custom provider keys": { cases: customProviderKeyCases, configured: customProviderKeyEntries },
  retries: { cases: retryCases, configured: retryEntries },
  "retry waits": { cases: retryWaitCases, configured: retryWaitEntries, waits: true },
  circuits: { cases: circuitCases, configured: circuitEntries },
  universal: { cases: universalCases, configured: universalEntries },
  "model aliases": { cases: modelAliasCases, configured: modelAliasEntries },
  sessions: { cases: sessionCases, configured: sessionEntries },
  "error fallback": { cases: errorFallbackCases, configured: errorFallbackEntries },
  fallback: { cases: fallbackCases, configured: fallbackEntries },
  tracing: { cases: tracingCases },
  "step options": { cases: stepOptionCases, configured: stepOptionEntries },
  dynamic: { cases: dynamicCases, configured: dynamicEntries },
  clients: { cases: clientCases },
  websocket: { cases: webSocketCases, configured: webSocketEntries },
  "baseten sockets": { cases: basetenSocketCases, configured: basetenSocketEntries },
  conform: { cases: conformCases, configured: conformEntries },
  "websocket bounds": { cases: webSocketBoundCases, configured: webSocketBoundEntries },
  cache: { cases: cacheCases, configured: cacheEntries },
  "cached callers": { cases: cachedCallerCases, configured: cachedCallerEntries, waits: true },
  "cached calls": { cases: cachedCallCases, configured: cachedCallEntries },
  "cached failures": { cases: cachedFailureCases, configured: cachedFailureEntries, waits: true },
  "cached kinds": { cases: cachedKindCases, configured: cachedKindEntries },
  "shared misses": { cases: sharedMissCases, configured: sharedMissEntries },
  limits: { cases: limitCases, configured: limitEntries },
  "limit partitions": { cases: limitPartitionCases, configured: limitPartitionEntries },
  "limit states": { cases: limitStateCases, configured: limitStateEntries },
  "spend limits": { cases: spendLimitCases, configured: spendLimitEntries },
  "gateway otel": { cases: gatewayOtelCases, configured: gatewayOtelEntries },
  alerts: { cases: alertCases, configured: alertEntries },
  metering: { cases: meteringCases, configured: meteringEntries },
  "usage refusals": { cases: usageRefusalCases, configured: usageRefusalEntries, waits: true },
  "reserved budgets": { cases: reservedBudgetCases, configured: reservedBudgetEntries },
  "spend rules": { cases: spendRuleCases, configured: spendRuleEntries },
  records: { cases: recordCases, configured: recordEntries },
  dlp: { cases: dlpCases, configured: dlpEntries },
  guardrails: { cases: guardrailCases, configured: guardrailEntries },
  "policies' clients": { cases: policyClientCases },
  "parser cost": { cases: parserCostCases },
  "caller text": { cases: callerTextCases, configured: callerTextEntries },
  console: { cases: consoleCases, configured: consoleEntries },
  "log api": { cases: logApiCases, configured: logApiEntries },
  "written settings": { cases: writtenSettingsCases, configured: writtenSettingsEntries },
  evaluations: { cases: evaluationCases, configured: evaluationEntries },
  judges: { cases: judgeCases, configured: judgeEntries },
  "settings file": { cases: settingsFileCases, configured: settingsFileEntries },
  "log figures": { cases: logFigureCases, configured: logFigureEntries },
}

/** What the subjects are called. */
export const subjectNames: ReadonlyArray<string> = Object.keys(subjects)

/** Declares the cases of some subjects, or of all, for one runtime: configured as it is for all of them. */
export const contract = (runtime: Runtime, chosen = subjectNames, shared?: SharedStore): void => {
  describe(shared === undefined ? runtime : `${runtime}, with ${shared.what ?? "a shared store"}`, () => {
    const all = Object.entries(subjects)
    const harness = openHarness(runtime, all.flatMap(([, { configured }]) => configured ?? []), shared)
    const run = all.filter(([name]) => chosen.includes(name))
    describe("side by side", { concurrency: 4 }, () => {
      for (const [name, { cases, waits }] of run) {
        if (waits) describe(name, () => cases(harness))
      }
    })
    for (const [name, { cases, waits }] of run) if (!waits) describe(name, () => cases(harness))
  })
}
