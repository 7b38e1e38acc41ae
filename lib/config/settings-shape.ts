/**
 * The settings as the rest of the gateway sees them.
 *
 * @module
 */
import type * as Redacted from "effect/Redacted"
import type { Secrets } from "../redaction/secrets.ts"
import type { AdminIssuer } from "./admin-issuer.ts"
import type { AdminToken } from "./admin-tokens.ts"
import type { DatabaseSettings } from "./database-settings.ts"
import type { GatewaySettings } from "./gateway-settings.ts"
import type { OtelSettings } from "./otel-settings.ts"
import type { SettingsState } from "./SettingsControl.ts"
import type { StoreSettings } from "./store-settings.ts"
import type { LogLevel } from "./variables.ts"

/** What comes from the variables, and stays for the life of a gateway. */
export interface FixedSettings {
  readonly host: string
  readonly port: number
  readonly open: boolean
  readonly inferenceUrl: string
  readonly modelUrl: string
  readonly chainUrl: string
  readonly corsOrigins: ReadonlySet<string>
  readonly logLevel: LogLevel
  /** Open the management API and `/metrics`, which do not exist without one. */
  readonly adminTokens: ReadonlyArray<AdminToken>
  /** Whose JSON Web Tokens do so, too; `undefined` if nobody's. */
  readonly adminIssuer: AdminIssuer | undefined
  /** Opens `/metrics` alone. */
  readonly metricsToken: Redacted.Redacted<string> | undefined
  /** What seals written secrets: the first does, all of them open. */
  readonly secretKeys: ReadonlyArray<Redacted.Redacted<string>>
  /** The SQLite file of the request log; `undefined` if it is kept elsewhere. */
  readonly logFile: string | undefined
  /** The Postgres of the request log; `undefined` if it is kept elsewhere. */
  readonly database: DatabaseSettings | undefined
  /** Where counts are shared; `undefined` if they are not. */
  readonly store: StoreSettings | undefined
  /** How many processes share the port. */
  readonly workers: number | "auto"
  /** How long running requests may go on after the signal to stop, in milliseconds. */
  readonly grace: number
  /** What goes to an OpenTelemetry collector; `undefined` if nothing does. */
  readonly otel: OtelSettings | undefined
}

/**
 * All settings, decoded. The object is the same for the life of a gateway; what is not of `FixedSettings` is read anew
 * each time, since it may change between two requests. One request looks its gateway up once, and keeps it to its end.
 */
export interface SettingsShape extends FixedSettings {
  /** Whether a gateway that requires no token has stored keys. */
  readonly openKeys: boolean
  /** The key with which Baseten's prices are fetched: the one that all gateways share, else that of `*`. */
  readonly basetenKey: Redacted.Redacted<string> | undefined
  /** The operator's secrets, to be redacted wherever a caller or a provider repeats them. */
  readonly secrets: Secrets
  /**
   * The settings of a gateway; `undefined` if the settings list gateways and this is not one of them. An entry that a
   * change leaves as it was keeps its object.
   */
  readonly gateway: (account: string, gateway: string) => GatewaySettings | undefined
  /** The largest `request_body_limit` of a gateway, in bytes. */
  readonly largestBody: number
  /** The gateways of an account that have an entry of their own. */
  readonly gatewaysOf: (account: string) => ReadonlyArray<string>
  /** Every entry by its id; that of all ids without one of their own is `*`. */
  readonly entries: () => ReadonlyArray<readonly [id: string, settings: GatewaySettings]>
  /** Which settings hold, and whether newer ones could not be used. */
  readonly state: () => SettingsState
}
