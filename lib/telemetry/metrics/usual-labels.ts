/**
 * The labels of calls as nearly all are, found at once: one try, whose answer came well and whole. Resolving them anew takes
 * two thirds of a record's time in the instruments.
 *
 * @module
 */
import type { AttemptRecord, RequestRecord } from "../../record/request-record.ts"
import type { Labels } from "./instruments.ts"

/** The labels of one such call. */
export interface CallLabels {
  readonly http: Labels
  readonly ending: Labels
  /** Provider and model that the request asked for. */
  readonly target: Labels
  /** The same with the operation; `undefined` if it is no inference. */
  readonly served: Labels | undefined
  /** Labels of the try, with its operation. */
  readonly called: Labels | undefined
}

/** The labels of usual calls. */
export interface UsualLabels {
  readonly find: (record: RequestRecord) => CallLabels | undefined
  /** Keeps the labels of a record, if it is a usual one. */
  readonly remember: (record: RequestRecord, labelsOf: (attempt: AttemptRecord) => CallLabels) => void
}

/** What decides on the labels of a call, beside its model. */
interface Known {
  readonly record: RequestRecord
  readonly attempt: AttemptRecord
  readonly labels: CallLabels
}

/** The one try of a usual call. Names that it bears are proven to exist, so that they stay labels for ever. */
const usualAttempt = (record: RequestRecord): AttemptRecord | undefined => {
  const { attempts, upstream_status, path } = record
  const [attempt] = attempts
  return attempt !== undefined && attempts.length === 1 && attempt.attempt === 1 && attempt.error === null &&
      upstream_status !== null && upstream_status < 400 && attempt.status === upstream_status &&
      record.status < 400 && record.ending === "complete" && record.error === null && !record.cached &&
      record.account_id !== null && record.provider !== null && path !== "/"
    ? attempt
    : undefined
}

const isAlike = (
  { record: one, attempt: tried }: Known,
  record: RequestRecord,
  attempt: AttemptRecord,
): boolean =>
  one.status === record.status && one.route === record.route && one.gateway_id === record.gateway_id &&
  one.account_id === record.account_id && one.provider === record.provider && one.method === record.method &&
  one.scheme === record.scheme && one.deployment === record.deployment && tried.url === attempt.url &&
  tried.model === attempt.model && tried.provider === attempt.provider

/** How many combinations of labels are kept for each model. */
const mostOfModel = 8

/** @param most how many models are kept; beyond it all are forgotten, and found anew */
export const usualLabels = (most: number): UsualLabels => {
  const known = new Map<string | null, Array<Known>>()
  return {
    find: (record) => {
      const attempt = usualAttempt(record)
      if (attempt === undefined) return undefined
      const list = known.get(record.model) ?? []
      for (const one of list) if (isAlike(one, record, attempt)) return one.labels
      return undefined
    },
    remember: (record, labelsOf) => {
      const attempt = usualAttempt(record)
      if (attempt === undefined || most === 0) return
      if (known.size >= most && !known.has(record.model)) known.clear()
      const list = known.get(record.model) ?? []
      if (list.length >= mostOfModel) list.shift()
      list.push({ record, attempt, labels: labelsOf(attempt) })
      known.set(record.model, list)
    },
  }
}
