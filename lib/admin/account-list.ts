/**
 * Lists the accounts, and the gateways of each.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { Settings } from "../config/Settings.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { envelope } from "./envelope.ts"

/**
 * An account exists once one of its gateways has an entry in the settings or in the log, where gateways under `*` are
 * found.
 */
export const listAccounts: Effect.Effect<Response, never, RequestLog | Settings> = Effect.gen(function* () {
  const settings = yield* Settings
  const logged = yield* (yield* RequestLog).places
  const accounts = new Map<string, Set<string>>()
  const add = (account: string, gateway: string): void => {
    const gateways = accounts.get(account) ?? new Set()
    accounts.set(account, gateways.add(gateway))
  }
  for (const [id] of settings.entries()) {
    if (id === "*") continue
    const [account = "", gateway = ""] = id.split("/")
    add(account, gateway)
  }
  for (const { account, gateway } of logged) if (settings.gateway(account, gateway)) add(account, gateway)
  return envelope(
    [...accounts].sort(([one], [other]) => one < other ? -1 : 1).map(([account, gateways]) => ({
      id: account,
      name: account,
      type: "standard",
      gateways: [...gateways].sort(),
    })),
  )
})
