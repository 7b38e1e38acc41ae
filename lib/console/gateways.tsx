/**
 * Gateways: the list of an account, or one gateway with everything that belongs to it.
 *
 * @module
 */
import "./gateways.css"
import { useState } from "preact/hooks"
import { gatewayApiPath } from "./api.ts"
import type { PageProps } from "./app.tsx"
import { AuditTrail } from "./audit.tsx"
import { Confirm } from "./form-dialog.tsx"
import { EditSettings, isUnsaved } from "./gateway-edit.tsx"
import { entryText, SettingsView } from "./gateway-settings.tsx"
import { type GatewayState, loadGateway } from "./gateway-state.ts"
import { GatewayList } from "./gateway-list.tsx"
import { visible } from "./format.ts"
import { go, hereWith, Link, pageHref, useAddress } from "./location.tsx"
import { Badge, Problem, useLoaded } from "./parts.tsx"
import { ProviderKeysTab } from "./provider-keys.tsx"
import { Providers } from "./providers.tsx"
import { Routes } from "./routes.tsx"
import { TabBar } from "./tab-bar.tsx"
import { TokensTab } from "./tokens.tsx"
import { UnusedKeys } from "./unused-keys.tsx"
import { useCanWrite } from "./session.ts"
import { write } from "./write.ts"

type Tabs = ReadonlyArray<readonly [id: string, name: string]>

const tabsOfOne: Tabs = [
  ["settings", "Settings"],
  ["tokens", "Tokens"],
  ["keys", "Provider keys"],
  ["routes", "Dynamic routes"],
  ["audit", "Audit"],
]

const tabsOfAll: Tabs = [
  ["gateways", "Gateways"],
  ["use", "Use of keys"],
  ["providers", "Custom providers"],
  ["audit", "Audit"],
]

/** Parameters that belong to one tab, reset for the others. */
const none = {
  edit: undefined,
  page: undefined,
  from: undefined,
  before: undefined,
  who: undefined,
  kind: undefined,
  resource: undefined,
  route: undefined,
  version: undefined,
  editing: undefined,
  span: undefined,
  search: undefined,
  unused: undefined,
}

/** The address of a tab; the first needs no name. */
const hrefAmong = (tabs: Tabs) => (id: string): string =>
  hereWith({ ...none, tab: id === tabs[0]?.[0] ? undefined : id })

const Delete = ({ account, gateway, state }: {
  readonly account: string
  readonly gateway: string
  readonly state: GatewayState
}) => {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <button type="button" class="quiet" onClick={() => setAsking(true)}>Delete the gateway</button>
      {isAsking && (
        <Confirm
          title={`Delete ${gateway}`}
          action="Delete the gateway"
          name={gateway}
          onClose={() => setAsking(false)}
          onDo={async () => {
            await write("DELETE", gatewayApiPath(account, gateway), undefined, state.tag)
            go(pageHref("/console/gateways", { gateway: undefined }))
          }}
        >
          <p>
            Its settings, tokens, provider keys, routes and its log go with it, and calls to it fail from then
            on. This cannot be undone.
          </p>
        </Confirm>
      )}
    </>
  )
}

const One = ({ account, gateway }: { readonly account: string; readonly gateway: string }) => {
  const { searchParams } = useAddress()
  const tab = searchParams.get("tab") ?? "settings"
  const edit = searchParams.get("edit")
  const canWrite = useCanWrite()
  const state = useLoaded(
    `gateway ${account}/${gateway}`,
    (signal) => loadGateway(account, gateway, signal),
  )
  const { value } = state
  if (value === undefined) {
    return state.error === undefined ? <p role="status">Loading…</p> : (
      <>
        <Problem error={state.error} onRetry={state.reload} />
        <Link href={hereWith({ ...none, gateway: undefined, tab: undefined })}>All gateways</Link>
      </>
    )
  }
  const isManaged = value.origins.entry === "managed"
  const common = { account, gateway, isManaged }
  return (
    <>
      <div class="row head">
        <h2 class="name">
          <bdi>{visible(gateway)}</bdi>
        </h2>
        <Badge kind={isManaged ? "good" : "left"}>{isManaged ? "managed" : value.origins.entry}</Badge>
        <span class="note">
          <bdi>{visible(entryText(value.origins))}</bdi>
        </span>
        <span class="grow" />
        {isManaged && canWrite && <Delete account={account} gateway={gateway} state={value} />}
      </div>
      <TabBar tabs={tabsOfOne} tab={tab} hrefOf={hrefAmong(tabsOfOne)} />
      {isUnsaved(account, gateway) && edit === null && (
        <div class="problem" role="status">
          <p>There are changes of this gateway that were not saved.</p>
          <Link class="button" href={hereWith({ ...none, tab: undefined, edit: "form" })}>Go on</Link>
        </div>
      )}
      {state.error !== undefined && <Problem error={state.error} onRetry={state.reload} />}
      {tab === "settings" &&
        (edit !== null && isManaged && canWrite
          ? (
            <EditSettings
              key={value.tag}
              account={account}
              gateway={gateway}
              state={value}
              mode={edit}
              onSaved={state.reload}
            />
          )
          : <SettingsView account={account} gateway={gateway} state={value} />)}
      {tab === "tokens" && <TokensTab {...common} />}
      {tab === "keys" && <ProviderKeysTab {...common} settings={value.json} />}
      {tab === "routes" && <Routes {...common} />}
      {tab === "audit" && <AuditTrail account={account} gateway={gateway} />}
    </>
  )
}

export const GatewaysPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const account = scope.account === "" ? "my-account" : scope.account
  if (scope.gateway !== "") {
    return <One key={`${account}/${scope.gateway}`} account={account} gateway={scope.gateway} />
  }
  const tab = searchParams.get("tab") ?? "gateways"
  return (
    <>
      <TabBar tabs={tabsOfAll} tab={tab} hrefOf={hrefAmong(tabsOfAll)} />
      {tab === "providers"
        ? <Providers account={account} />
        : tab === "audit"
        ? <AuditTrail account={account} gateway="" />
        : tab === "use"
        ? <UnusedKeys account={account} />
        : (
          <GatewayList
            account={account}
            called={accounts.find(({ id }) => id === account)?.gateways ?? []}
            accounts={accounts.map(({ id }) => id)}
          />
        )}
    </>
  )
}
