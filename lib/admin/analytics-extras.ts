/**
 * What analytics can return in addition to rows and totals, so that a page of figures takes one call: the totals of
 * the previous period, and the same period grouped in other ways.
 *
 * @module
 */
import type { GatewayError } from "../errors.ts"
import type {
  AnalyticsDivision,
  AnalyticsQuery,
  AnalyticsRow,
  Dimension,
} from "../request-log/analytics-query.ts"
import { isDimension } from "./read-analytics-query.ts"
import { openParameters, type QueryParameters } from "./query-parameters.ts"

type Divided = ReadonlyMap<string, ReadonlyArray<Dimension>>

/** What is requested in addition to the rows. */
export interface Extras {
  readonly comparesBefore: boolean
  /** Each by its name, which is its dimensions with `*` between them. */
  readonly breakdowns: Divided
  /** The same, by time. */
  readonly series: Divided
}

const mostDivisions = { breakdown: 8, series: 4 } as const
const mostDimensions = 2
/** The most rows of one breakdown: those with the most requests. */
const mostRows = 50

const names = ["compare", "breakdown", "series"] as const

const readDivided = (parameters: QueryParameters, parameter: "breakdown" | "series"): Divided => {
  const most = mostDivisions[parameter]
  const wanted = (parameters.text(parameter, 500) ?? "").split(",").filter((name) => name !== "")
  const divided = new Map<string, ReadonlyArray<Dimension>>()
  for (const name of wanted) {
    const dimensions = name.split("*")
    const known = dimensions.filter(isDimension)
    if (known.length < dimensions.length || known.length > mostDimensions || wanted.length > most) {
      parameters.refuse(
        `${parameter} takes up to ${most} of what by takes, with commas; two at once as model*cached.`,
      )
      break
    }
    divided.set(name, known)
  }
  return divided
}

/** Reads the parameters, and returns the others. */
export const readExtras = (
  search: URLSearchParams,
): readonly [Extras, URLSearchParams] | GatewayError => {
  const own = new URLSearchParams([...search].filter(([name]) => names.some((known) => known === name)))
  const others = new URLSearchParams([...search].filter(([name]) => !own.has(name)))
  const parameters = openParameters(own)
  const extras = {
    comparesBefore: parameters.oneOf("compare", ["previous"]) !== undefined,
    breakdowns: readDivided(parameters, "breakdown"),
    series: readDivided(parameters, "series"),
  }
  return parameters.problem() ?? [extras, others]
}

/** The divisions to compute: the breakdowns, then the series. */
export const divisionsOf = (
  { breakdowns, series }: Extras,
  { bucket }: AnalyticsQuery,
): ReadonlyArray<AnalyticsDivision> => [
  ...[...breakdowns.values()].map((by) => ({ by, bucket: "all" as const })),
  ...[...series.values()].map((by) => ({ by, bucket })),
]

/** The preceding period of the same length; `undefined` if it is not requested, or lies before 1970. */
export const periodBefore = (
  { comparesBefore }: Extras,
  query: AnalyticsQuery,
): AnalyticsQuery | undefined => {
  const since = Math.max(0, 2 * query.since - query.until)
  return comparesBefore && since < query.since
    ? { ...query, since, until: query.since, bucket: "all", by: [] }
    : undefined
}

const withoutTime = ({ time: _, ...row }: AnalyticsRow) => row

const breakdownOf = (rows: ReadonlyArray<AnalyticsRow>) => ({
  rows: [...rows].sort((one, other) => other.requests - one.requests).slice(0, mostRows).map(withoutTime),
  more: Math.max(0, rows.length - mostRows),
})

/** The answer's extra members, from the rows of `divisionsOf`; `shown` makes the JSON of a row. */
export const extrasJson = (
  { breakdowns, series }: Extras,
  divided: ReadonlyArray<ReadonlyArray<AnalyticsRow>>,
  shown: (row: AnalyticsRow) => object,
): object => ({
  ...(breakdowns.size > 0 && {
    breakdowns: Object.fromEntries(
      [...breakdowns.keys()].map((name, index) => [name, breakdownOf(divided[index] ?? [])]),
    ),
  }),
  ...(series.size > 0 && {
    series: Object.fromEntries(
      [...series.keys()].map((name, index) => [name, (divided[breakdowns.size + index] ?? []).map(shown)]),
    ),
  }),
})
