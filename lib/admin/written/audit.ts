/**
 * Who changed what.
 *
 * @module
 */
import * as Result from "effect/Result"
import { envelope } from "../envelope.ts"
import { openParameters } from "../parameters.ts"
import { placeIn } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"

/** A page of the audit of an account, the newest changes first; `gateway` selects those of one. */
export const listAudit = async ({ search, written, route: { account } }: WriteContext): Handled => {
  const parameters = openParameters(search)
  const { page, perPage } = placeIn(parameters)
  const gateway = parameters.text("gateway", 64)
  const problem = parameters.problem()
  if (problem !== undefined) return Result.fail(problem)
  return Result.map(
    await written.audit({ account, gateway, page, perPage }),
    ({ entries, total }) =>
      envelope(entries, {
        page,
        per_page: perPage,
        count: entries.length,
        total_count: total,
      }),
  )
}
