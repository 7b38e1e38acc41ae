/**
 * Shows the gateways of an account.
 *
 * @module
 */
import type { SettingsControlShape } from "../config/SettingsControl.ts"
import type { GatewayError } from "../errors.ts"
import type { WrittenDocument } from "../settings-store/document.ts"
import { columnsOf } from "./csv.ts"
import { envelope } from "./envelope.ts"
import type { AskedFormat } from "./export-format.ts"
import { allAtOnce, exportOf } from "./export.ts"
import { fileName } from "./log-export.ts"
import { openParameters } from "./query-parameters.ts"
import { tagged } from "./written/answers.ts"
import type { WriteContext } from "./written/context.ts"
import { shownGateway } from "./written/shown-gateway.ts"

type Services = Pick<WriteContext, "control" | "settings">

/**
 * A page of an account's gateways by id: only those with an entry of their own, since `*` stands for any number of
 * them.
 */
export const listGateways = (
  { settings, control }: Services,
  document: WrittenDocument,
  account: string,
  { format, search }: AskedFormat,
  hasBody: boolean,
  now: number,
): Response | GatewayError => {
  const parameters = openParameters(search)
  const text = parameters.text("search", 64) ?? ""
  const page = parameters.integer("page", 1, 1_000_000_000) ?? 1
  const perPage = parameters.integer("per_page", 1, 50) ?? 20
  const problem = parameters.problem()
  if (problem !== undefined) return problem
  const found = settings.gatewaysOf(account).filter((id) => id.includes(text)).sort()
  const all = format !== "json" && !search.get("per_page") && !search.get("page")
  const asked = all ? found : found.slice((page - 1) * perPage, page * perPage)
  const shown = asked.flatMap((id) => {
    const gateway = shownGateway(settings, control, document, account, id)
    return gateway === undefined ? [] : [gateway.json]
  })
  if (format !== "json") {
    const name = fileName(["gateways", account], now)
    return exportOf({ format, name, columns: columnsOf(shown), next: allAtOnce(shown) }, hasBody)
  }
  return envelope(shown, {
    page,
    per_page: perPage,
    count: shown.length,
    total_count: found.length,
  })
}

/** Shows a gateway that exists. */
export const showGateway = (
  { settings, control }: Services,
  document: WrittenDocument,
  account: string,
  id: string,
): Response => {
  const shown = shownGateway(settings, control, document, account, id)
  return tagged(envelope(shown?.json ?? null), shown?.version ?? 0)
}

/** Where a gateway's settings come from: by name, those that differ from their default. */
export const showOrigins = (control: SettingsControlShape, account: string, id: string): Response => {
  const { entry, at = null, settings } = control.originsOf(account, id)
  const origins = [...settings].map(([name, { from, at = null }]) => [name, { from, at }] as const)
  return envelope({ entry, at, settings: Object.fromEntries(origins) })
}
