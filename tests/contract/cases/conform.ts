/** The checks that `basegate conform` runs against any gateway, run against this one. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { conform, tableOf } from "../../conform/conform.ts"
import type { Configured, Harness } from "../harness.ts"
import { adminToken } from "./log-api.ts"

/** What these cases need configured. */
export const conformEntries = (): Configured => ({ entries: { conform: {} } })

export const conformCases = (harness: Harness): void => {
  test("every check of the wire protocol passes", async () => {
    const { simulator } = harness
    const findings = await conform({
      url: harness.configured.url,
      account: "account",
      gateway: "conform",
      key: "sk-own",
      token: undefined,
      adminToken,
      route: undefined,
      providerPath: undefined,
      headers: {},
      upstream: { url: simulator.url, requests: () => simulator.requests() },
    })
    assert.equal(findings.failed, 0, tableOf(findings).join("\n"))
    assert.ok(findings.passed >= 34 && findings.skipped <= 2)
  })
}
