/**
 * basegate: an AI gateway for Baseten that speaks Cloudflare AI Gateway's wire, as a `fetch` handler.
 *
 * ```ts
 * import assert from "node:assert/strict"
 * import { createGateway } from "basegate"
 *
 * const gateway = createGateway({ env: { LOG_LEVEL: "none" } })
 * const response = await gateway.fetch(new Request("https://gateway.example/livez"))
 * assert.equal(response.status, 200)
 * await gateway.dispose()
 * ```
 *
 * @module
 */
export { AuthForwarder } from "./lib/auth/AuthForwarder.ts"
export { GatewayAuth } from "./lib/auth/GatewayAuth.ts"
export { GatewayError } from "./lib/errors.ts"
export { HeaderFields } from "./lib/headers/header-fields.ts"
export { RequestLog } from "./lib/request-log/RequestLog.ts"
export type { EntryOptions, SettingsDocument } from "./lib/config/settings-types.ts"
export type { HostContext } from "./lib/exchange.ts"
export type { Answer } from "./lib/relay/answer.ts"
export type { Gateway, GatewayOptions } from "./lib/gateway.ts"
export { SettingsStore } from "./lib/settings-store/SettingsStore.ts"
export type { SettingsStoreShape } from "./lib/settings-store/SettingsStore.ts"
export { StreamRelay } from "./lib/relay/StreamRelay.ts"
export { Transport } from "./lib/upstream/Transport.ts"
export { Upstream } from "./lib/upstream/Upstream.ts"
export { Store } from "./lib/store/Store.ts"
export type { StoreShape } from "./lib/store/Store.ts"
export type { Charge, Counted, Lease, Take, Taken } from "./lib/store/counted.ts"
export { StoreOutage } from "./lib/store/store-outage.ts"
export { UrlResolver } from "./lib/route/UrlResolver.ts"
export { createGateway } from "./lib/runtime/module.ts"
export type { Ending, RequestRecord } from "./lib/record/request-record.ts"
export { Telemetry } from "./lib/telemetry/Telemetry.ts"
export { product } from "./lib/version.ts"
export { served as default } from "./lib/runtime/module.ts"
