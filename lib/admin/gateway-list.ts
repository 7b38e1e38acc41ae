/**
 * Lists the gateways of an account.
 *
 * @module
 */
import type { SettingsShape } from "../config/settings-shape.ts"
import type { GatewayError } from "../errors.ts"
import { gatewayJson } from "./gateway-json.ts"
import { envelope } from "./envelope.ts"
import type { AskedFormat } from "./export-format.ts"
import { allAtOnce, exportOf } from "./export.ts"
import { fileName } from "./log-export.ts"
import { openParameters } from "./parameters.ts"

/** A page of an account's gateways by id: only those with an entry of their own, since `*` stands for any number. */
export const listGateways = (
  settings: SettingsShape,
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
  const all = format !== "json" && !search.get("per_page")
  const asked = all ? found : found.slice((page - 1) * perPage, page * perPage)
  const shown = asked.flatMap((id) => {
    const gateway = settings.gateway(account, id)
    return gateway === undefined ? [] : [gatewayJson(id, gateway)]
  })
  if (format !== "json") {
    const columns = Object.keys(shown[0] ?? { id: null })
    return exportOf(
      { format, name: fileName(["gateways", account], now), columns, next: allAtOnce(shown) },
      hasBody,
    )
  }
  return envelope(shown, { page, per_page: perPage, count: shown.length, total_count: found.length })
}
