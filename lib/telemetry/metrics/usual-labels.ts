/**
 * A cache for the labels of the usual call: one try, with a complete answer and no error. Building labels anew takes
 * two thirds of the time for recording a request.
 *
 * @module
 */
import type { AttemptRecord, RequestRecord } from "../../record/request-record.ts"
import type { Labels } from "./instruments.ts"

/** The labels of one such call. */
export interface CallLabels {
  readonly http: Labels
  readonly ending: Labels
  /** The provider and the model that were requested. */
  readonly target: Labels
  /** The same with the operation; `undefined` if the call is not inference. */
  readonly served: Labels | undefined
  /** Labels of the try, with its operation. */
  readonly called: Labels | undefined
}

/** The labels of usual calls. */
export interface UsualLabels {
  readonly find: (record: RequestRecord) => CallLabels | undefined
  /** Caches the labels of a record, if it is a usual one. */
  readonly remember: (record: RequestRecord, labelsOf: (attempt: AttemptRecord) => CallLabels) => void
}

/**
 * A record and its labels. Records of the same model have the same labels if they agree in the fields that labels are
 * made of.
 */
interface Known {
  readonly record: RequestRecord
  readonly attempt: AttemptRecord
  readonly labels: CallLabels
}

/** The only try of a usual call. Its names are confirmed to exist, so they keep their labels. */
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

/** The most combinations of labels that are cached for a model. */
const mostOfModel = 8

/** @param most the most models to cache; when it is exceeded, the cache is emptied */
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
