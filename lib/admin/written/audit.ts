/**
 * Who changed what.
 *
 * @module
 */
import * as Result from "effect/Result"
import { auditedKinds } from "../../settings-store/audit-entry.ts"
import { moments, parseMoment } from "../read-analytics-query.ts"
import { envelope } from "../envelope.ts"
import { openParameters } from "../query-parameters.ts"
import { placeIn } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"

/** A page of the audit of an account, the newest changes first: all of them, or those that the parameters select. */
export const listAudit = async ({ search, written, route: { account } }: WriteContext): Handled => {
  const parameters = openParameters(search)
  const { page, perPage } = placeIn(parameters)
  const gateway = parameters.text("gateway", 64)
  const now = Date.now()
  const time = (name: string): string | undefined => {
    const at = parameters.decoded(name, moments, (text) => parseMoment(text, now, "UTC"))
    return at === undefined ? undefined : new Date(at).toISOString()
  }
  const [since, until] = [time("since"), time("until")]
  const who = parameters.text("who", 64)
  const kind = parameters.oneOf("kind", auditedKinds)
  const resource = parameters.text("resource", 64)
  const problem = parameters.problem()
  if (problem !== undefined) return Result.fail(problem)
  const selected = {
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(who !== undefined && { who }),
    ...(kind !== undefined && { kind }),
    ...(resource !== undefined && { resource }),
  }
  return Result.map(
    await written.audit({ account, gateway, ...selected, page, perPage }),
    ({ entries, total }) =>
      envelope(entries, {
        page,
        per_page: perPage,
        count: entries.length,
        total_count: total,
      }),
  )
}
