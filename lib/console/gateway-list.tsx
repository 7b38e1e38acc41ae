/**
 * The gateways of an account, and the form to create one.
 *
 * @module
 */
import { FormDialog } from "./form-dialog.tsx"
import { Pager, Search, WhyReadOnly } from "./list-parts.tsx"
import { useState } from "preact/hooks"
import { accountPath, get, getPage } from "./api.ts"
import { count, money, share, unknown } from "./format.ts"
import { go, hereWith, Link, pageHref, useAddress } from "./location.tsx"
import { Badge, Panel, Problem, Table, Time, useLoaded } from "./parts.tsx"
import type { Analytics } from "./types.ts"
import { useCanWrite } from "./session.ts"
import { write } from "./write.ts"

interface Listed {
  readonly id: string
  readonly created_at: string | null
  readonly modified_at: string | null
  readonly authentication: boolean
}

const perPage = 50

/** The form for a new gateway, which needs only a name. */
const NewGateway = ({ account, accounts, onClose }: {
  readonly account: string
  readonly accounts: ReadonlyArray<string>
  readonly onClose: () => void
}) => {
  const [id, setId] = useState("")
  const [of, setOf] = useState(account)
  const [isClosed, setClosed] = useState(true)
  return (
    <FormDialog
      title="New gateway"
      action="Create"
      onSend={async () => {
        await write("POST", `${accountPath(of.trim())}/gateways`, {
          id: id.trim(),
          authentication: isClosed,
        })
        go(pageHref("/console/gateways", { account: of.trim(), gateway: id.trim() }))
      }}
      onClose={onClose}
    >
      <label>
        <span>Account</span>
        <input
          value={of}
          list="accounts"
          required
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setOf(currentTarget.value)}
        />
        <datalist id="accounts">{accounts.map((name) => <option key={name} value={name} />)}</datalist>
      </label>
      <label>
        <span>Name of the gateway</span>
        <input
          value={id}
          required
          autofocus
          autocomplete="off"
          spellcheck={false}
          aria-describedby="new-gateway-help"
          onInput={({ currentTarget }) => setId(currentTarget.value)}
        />
      </label>
      <p id="new-gateway-help" class="note">
        Letters, digits, dashes and underscores. It stands in the address that clients call:{" "}
        <code>
          /v1/{of.trim() || "account"}/{id.trim() || "name"}/…
        </code>
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={isClosed}
          onChange={({ currentTarget }) => setClosed(currentTarget.checked)}
        />{" "}
        Only callers with a gateway token may use it
      </label>
    </FormDialog>
  )
}

export const GatewayList = ({ account, called, accounts }: {
  readonly account: string
  /** Every gateway that has a settings entry or was called. */
  readonly called: ReadonlyArray<string>
  readonly accounts: ReadonlyArray<string>
}) => {
  const { searchParams } = useAddress()
  const search = searchParams.get("search") ?? ""
  const page = Number(searchParams.get("page") ?? 1)
  const canWrite = useCanWrite()
  const [isMaking, setMaking] = useState(false)
  const path = accountPath(account)
  const list = useLoaded(
    `${path} ${search} ${page}`,
    (signal) =>
      getPage<ReadonlyArray<Listed>, { readonly total_count: number }>(
        `${path}/gateways`,
        { search, page, per_page: perPage },
        signal,
      ),
    30_000,
  )
  const figures = useLoaded(
    `${path} figures`,
    (signal) => get<Analytics>(`${path}/analytics`, { since: "-24h", bucket: "all", by: "gateway" }, signal),
    30_000,
  )
  const found = list.value?.result ?? []
  const total = list.value?.info.total_count ?? 0
  const of = new Map(figures.value?.rows.map((row) => [row.group["gateway"], row]))
  const listed = new Set(found.map(({ id }) => id))
  const others = total > found.length ? [] : called.filter((id) => !listed.has(id) && id.includes(search))
  return (
    <>
      <Panel
        title={list.value === undefined
          ? "Gateways"
          : `${count(total)} ${total === 1 ? "gateway" : "gateways"}`}
        aside={canWrite && (
          <button type="button" class="primary" onClick={() => setMaking(true)}>New gateway</button>
        )}
      >
        <WhyReadOnly what="gateways" />
        <Search label="Search gateways by name" />
        {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
        {list.value !== undefined && found.length === 0 && (
          <p class="note">
            {search === ""
              ? "No gateway of this account has an entry of its own: all have the settings of *, or the defaults."
              : "No gateway has this in its name."}
          </p>
        )}
        {found.length > 0 && (
          <Table
            label="Gateways"
            class="stack"
            heads={["Gateway", "Settings", "Callers", "Last changed", "#Requests, 24 h", "#Failed", "#Cost"]}
          >
            {found.map(({ id, created_at, modified_at, authentication }) => {
              const row = of.get(id)
              const isManaged = created_at !== null
              return (
                <tr key={id}>
                  <th scope="row">
                    <Link href={hereWith({ gateway: id, search: undefined, page: undefined })}>{id}</Link>
                  </th>
                  <td data-label="Settings">
                    <Badge kind={isManaged ? "good" : "left"}>{isManaged ? "managed" : "declared"}</Badge>
                  </td>
                  <td data-label="Callers">{authentication ? "with a token" : "anyone"}</td>
                  <td data-label="Last changed">
                    {modified_at === null ? unknown : <Time at={modified_at} />}
                  </td>
                  <td data-label="Requests, 24 h" class="number">{count(row?.requests ?? 0)}</td>
                  <td data-label="Failed" class={`number ${(row?.errors ?? 0) > 0 ? "bad" : ""}`}>
                    {row === undefined || row.errors === 0 ? "0" : share(row.errors, row.requests)}
                  </td>
                  <td data-label="Cost" class="number">{money(row === undefined ? 0 : row.cost)}</td>
                </tr>
              )
            })}
          </Table>
        )}
        <Pager page={page} perPage={perPage} total={total} label="Pages of gateways" />
      </Panel>
      {others.length > 0 && (
        <Panel title="Called, without an entry of their own">
          <ul class="links">
            {others.map((id) => (
              <li key={id}>
                <Link href={hereWith({ gateway: id, search: undefined })}>{id}</Link>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {isMaking && <NewGateway account={account} accounts={accounts} onClose={() => setMaking(false)} />}
    </>
  )
}
