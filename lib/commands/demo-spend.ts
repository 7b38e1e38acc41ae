/**
 * Charges the cost of the demo's past requests to its budgets.
 *
 * @module
 */
import * as Result from "effect/Result"
import { readSettings } from "../config/environment.ts"
import type { SpendLimits, SpendRule } from "../config/limit-rules.ts"
import { makeLimits } from "../limit/Limits.ts"
import type { RequestRecord } from "../record/request-record.ts"
import type { StoreShape } from "../store/Store.ts"
import { calendarPeriods } from "../time/calendar.ts"
import type { PlainClock } from "../time/clock.ts"

/** Requests that count for the same budgets, and their total cost. */
interface Bill {
  readonly of: RequestRecord
  readonly since: number
  cost: number
}

/** When the current window of a rule began. */
const beganAt = ({ window, time_zone = "UTC" }: SpendRule, now: number): number =>
  typeof window === "number" ? now - 1000 * window : calendarPeriods(window, time_zone).at(now).start

const keyOf = (record: RequestRecord, day: number): string =>
  JSON.stringify([record.gateway_id, record.model, record.provider, record.token, record.metadata, day])

const dayLength = 86_400_000

/** Joins the requests of a day that count for the same budgets: charging thousands one by one would take too long. */
const billsOf = (records: ReadonlyArray<RequestRecord>): Iterable<Bill> => {
  const bills = new Map<string, Bill>()
  for (const record of records) {
    const time = Date.parse(record.time)
    const key = keyOf(record, Math.floor(time / dayLength))
    const bill = bills.get(key) ?? { of: record, since: time, cost: 0 }
    bills.set(key, bill)
    bill.cost += record.cost ?? 0
  }
  return bills.values()
}

/** Charges past requests to the rules whose current window they fall into. */
export const spendBefore = async (
  store: StoreShape,
  clock: PlainClock,
  variables: Readonly<Record<string, string>>,
  records: ReadonlyArray<RequestRecord>,
): Promise<void> => {
  const settings = Result.getOrThrow(readSettings(variables))
  const limits = makeLimits(store, clock)
  const now = clock.wall()
  for (const { of: record, since, cost } of billsOf(records)) {
    const gateway = settings.gateway(record.account_id ?? "", record.gateway_id ?? "")
    if (gateway === undefined || cost === 0) continue
    const token = gateway.tokens.find(({ name }) => name !== null && name === record.token)
    const all: ReadonlyArray<SpendLimits | undefined> = [gateway.spendLimits, token?.limits?.spendLimits]
    for (const own of all) {
      const rules = own?.rules.filter((rule) => since >= beganAt(rule, now)) ?? []
      if (rules.length === 0) continue
      const subject = {
        gateway: gateway.id,
        key: "",
        model: record.model ?? undefined,
        metadata: record.metadata,
        provider: record.provider ?? "",
      }
      const admitted = await limits.admit({
        rules: [],
        subject,
        budgets: [{ limits: { enabled: true, rules, reserve: false }, subject }],
        expected: 0,
        worst: 0,
        lease: undefined,
        outage: "local",
      })
      if (Result.isSuccess(admitted)) await admitted.success.settle(0, cost)
    }
  }
}
