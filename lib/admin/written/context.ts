/**
 * What the handlers of written settings receive.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { SettingsControlShape } from "../../config/SettingsControl.ts"
import type { SettingsShape } from "../../config/settings-shape.ts"
import { adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { JsonObject } from "../../json/parse.ts"
import type { AdminRoute } from "../../route/admin-paths.ts"
import type { Author } from "../../settings-store/change.ts"
import { findGateway, type WrittenDocument, type WrittenGateway } from "../../settings-store/document.ts"
import type { HostContext } from "../../exchange.ts"
import type { JudgeRunsShape } from "../evaluation/JudgeRuns.ts"
import type { DatasetEntries } from "../evaluation/dataset-entries.ts"
import type { WrittenSettingsShape } from "../../settings-store/WrittenSettings.ts"

/** A request about written settings. */
export interface WriteContext {
  readonly route: AdminRoute
  readonly method: string
  readonly search: URLSearchParams
  /** Empty if the request has no gateway. */
  readonly body: JsonObject
  readonly ifMatch: string | null
  readonly author: Author
  readonly written: WrittenSettingsShape
  readonly control: SettingsControlShape
  readonly settings: SettingsShape
  readonly entries: DatasetEntries
  readonly judging: JudgeRunsShape
  /** The host context of the request. */
  readonly host: Pick<HostContext, "waitUntil">
  /** The written document at the beginning of the request. */
  readonly document: WrittenDocument
}

/** An answer, or the refusal. */
export type Handled = Promise<Result.Result<Response, GatewayError>>

/** Where a gateway is declared, if it is: it cannot be changed through the API then. */
export const unlessDeclared = (
  { control, route: { account } }: WriteContext,
  gateway: string,
): Result.Result<void, GatewayError> => {
  const where = control.declaredAt(account, gateway)
  return where === undefined ? Result.succeed(undefined) : Result.fail(adminConflict(
    `Cannot change gateway "${account}/${gateway}" through the API: it is declared in ${where}. Change it there, or ` +
      "remove it there and create it here.",
  ))
}

/** The written gateway of a request, or why it cannot be changed. */
export const gatewayToChange = (
  context: WriteContext,
  document: WrittenDocument,
): Result.Result<WrittenGateway, GatewayError> => {
  const { account, gateway: id } = context.route
  const declared = unlessDeclared(context, id)
  if (Result.isFailure(declared)) return Result.fail(declared.failure)
  const gateway = findGateway(document, account, id)
  if (gateway !== undefined) return Result.succeed(gateway)
  return Result.fail(adminNotFound(
    context.settings.gateway(account, id) === undefined
      ? `There is no gateway "${account}/${id}". Create it with POST accounts/${account}/ai-gateway/gateways.`
      : `Gateway "${account}/${id}" has no entry of its own to change: it is served by the entry "*". Create it with ` +
        `POST accounts/${account}/ai-gateway/gateways.`,
  ))
}
