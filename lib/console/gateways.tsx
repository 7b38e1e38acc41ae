/**
 * Gateways: the settings of each, without secrets.
 *
 * @module
 */
import { useState } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { gatewayPath, get } from "./api.ts"
import { bytes, time, visible } from "./format.ts"
import { hereWith, Link } from "./location.tsx"
import { Command, Panel, Problem, useLoaded } from "./parts.tsx"
import { firstCall, Welcome } from "./welcome.tsx"

type Settings = Readonly<Record<string, unknown>>

const groups: Readonly<Record<string, RegExp>> = {
  "Who may call": /^(authentication|auth_scheme|tokens|provider_keys|custom_providers|byok)/,
  Cache: /^cache_/,
  "Limits": /^(rate_limit|spend_limits|request_body_limit|on_store_outage)/,
  "Retries and timeouts": /^(retry_|circuit_breaker|.*_timeout$|on_client_leave|cloudflare_error_status)/,
  "Routes and prices": /^(routes|prices|model_aliases)/,
  Log: /^(log_|collect_)/,
}

/** A value, beside which a number of milliseconds or bytes stands as people read it. */
const shown = (name: string, value: unknown): string => {
  if (typeof value === "number" && /(_timeout|^retry_delay)$/.test(name)) return `${value} (${time(value)})`
  if (typeof value === "number" && /(body|payload)_limit$/.test(name)) return `${value} (${bytes(value)})`
  if (value === null || value === undefined) return "–"
  if (typeof value === "object") {
    const isEmpty = Object.keys(value).length === 0
    return isEmpty ? "none" : JSON.stringify(value, null, 2)
  }
  return String(value)
}

const GroupPanel = (
  { title, pairs }: { readonly title: string; readonly pairs: ReadonlyArray<readonly [string, unknown]> },
) => (
  <Panel title={title}>
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table class="pairs">
        <tbody>
          {pairs.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td class="value">
                <bdi>{visible(shown(name, value))}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </Panel>
)

const One = ({ account, gateway }: { readonly account: string; readonly gateway: string }) => {
  const path = gatewayPath(account, gateway)
  const settings = useLoaded(path, (signal) => get<Settings>(path, {}, signal))
  const [showsAll, setShowsAll] = useState(false)
  if (settings.value === undefined) {
    return settings.error === undefined
      ? <p role="status">Loading…</p>
      : <Problem error={settings.error} onRetry={settings.reload} />
  }
  const all = Object.entries(settings.value).filter(([name, value]) =>
    name !== "id" && (showsAll || value !== null)
  )
  const isGrouped = (name: string): boolean => Object.values(groups).some((pattern) => pattern.test(name))
  const others = all.filter(([name]) => !isGrouped(name))
  return (
    <>
      <Panel title="Call it">
        <Command text={firstCall(account, gateway)} />
      </Panel>
      <div class="tables">
        {Object.entries(groups).map(([title, pattern]) => {
          const pairs = all.filter(([name]) => pattern.test(name))
          return pairs.length === 0 ? null : <GroupPanel key={title} title={title} pairs={pairs} />
        })}
        {others.length > 0 && <GroupPanel title="More" pairs={others} />}
      </div>
      <p>
        <label class="check">
          <input
            type="checkbox"
            checked={showsAll}
            onChange={({ currentTarget }) => setShowsAll(currentTarget.checked)}
          />{" "}
          Show settings that are not set
        </label>
      </p>
    </>
  )
}

/** The page: the list of gateways, or one of them. */
export const GatewaysPage = ({ scope, accounts }: PageProps) => {
  if (accounts.length === 0) return <Welcome />
  if (scope.gateway !== "") return <One key={scope.gateway} account={scope.account} gateway={scope.gateway} />
  const gateways = accounts.find(({ id }) => id === scope.account)?.gateways ?? []
  return (
    <Panel title={`${gateways.length} gateways of ${scope.account}`}>
      <ul class="links">
        {gateways.map((id) => (
          <li key={id}>
            <Link href={hereWith({ gateway: id })}>{id}</Link>
          </li>
        ))}
      </ul>
      <p class="note">
        Gateways under <code>*</code> are listed once they have been called.
      </p>
    </Panel>
  )
}
