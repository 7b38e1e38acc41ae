/**
 * What analytics answer beside the rows and their totals, so that a page of figures takes one call: the totals of the
 * period before, and the same period divided in other ways.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewayError } from "../errors.ts"
import type { AnalyticsQuery, AnalyticsRow, Dimension } from "../request-log/query.ts"
import type { RequestLogShape } from "../request-log/RequestLog.ts"
import { isDimension } from "./analytics-query.ts"
import { openParameters } from "./parameters.ts"

/** What is wanted beside the rows. */
export interface Extras {
  readonly comparesBefore: boolean
  /** Each by its name, which is its dimensions with `*` between them. */
  readonly breakdowns: ReadonlyMap<string, ReadonlyArray<Dimension>>
}

const mostBreakdowns = 8
const mostDimensions = 2
/** The most rows of one breakdown: those with the most requests. */
const mostRows = 50

const names = ["compare", "breakdown"] as const

/** Reads the parameters, and returns the others. */
export const readExtras = (
  search: URLSearchParams,
): readonly [Extras, URLSearchParams] | GatewayError => {
  const own = new URLSearchParams([...search].filter(([name]) => names.some((known) => known === name)))
  const others = new URLSearchParams([...search].filter(([name]) => !own.has(name)))
  const parameters = openParameters(own)
  const comparesBefore = parameters.oneOf("compare", ["previous"]) !== undefined
  const wanted = (parameters.text("breakdown", 500) ?? "").split(",").filter((name) => name !== "")
  const breakdowns = new Map<string, ReadonlyArray<Dimension>>()
  for (const name of wanted) {
    const dimensions = name.split("*")
    const known = dimensions.filter(isDimension)
    if (known.length < dimensions.length || known.length > mostDimensions || wanted.length > mostBreakdowns) {
      parameters.refuse(
        `breakdown takes up to ${mostBreakdowns} of what by takes, with commas; two at once as model*cached.`,
      )
      break
    }
    breakdowns.set(name, known)
  }
  return parameters.problem() ?? [{ comparesBefore, breakdowns }, others]
}

const withoutTime = ({ time: _, ...row }: AnalyticsRow) => row

/** Asks the log for them; `totalsOf` makes of the only row of a period what is answered as its totals. */
export const answerExtras = (
  { comparesBefore, breakdowns }: Extras,
  query: AnalyticsQuery,
  log: Pick<RequestLogShape, "analytics">,
  totalsOf: (row: AnalyticsRow | undefined) => object,
): Effect.Effect<object> =>
  Effect.gen(function* () {
    const since = Math.max(0, 2 * query.since - query.until)
    const before = comparesBefore && since < query.since
      ? { ...query, since, until: query.since, bucket: "all" as const, by: [] }
      : undefined
    const divided: Record<string, object> = {}
    for (const [name, by] of breakdowns) {
      const rows = [...yield* log.analytics({ ...query, bucket: "all", by })]
        .sort((one, other) => other.requests - one.requests)
      divided[name] = {
        rows: rows.slice(0, mostRows).map(withoutTime),
        more: Math.max(0, rows.length - mostRows),
      }
    }
    return {
      ...(before && {
        previous: {
          since: new Date(before.since).toISOString(),
          until: new Date(before.until).toISOString(),
          totals: totalsOf((yield* log.analytics(before))[0]),
        },
      }),
      ...(breakdowns.size > 0 && { breakdowns: divided }),
    }
  })
