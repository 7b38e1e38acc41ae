/**
 * The tokens of a gateway: their holders, permissions and use. They can be created, changed, rotated and revoked.
 *
 * @module
 */
import { ChangeColumn, Pager, RowButtons, Search, WhyReadOnly } from "./list-parts.tsx"
import { Made, Rotate } from "./token-windows.tsx"
import { useState } from "preact/hooks"
import { gatewayApiPath, getPage } from "./api.ts"
import { Confirm } from "./form-dialog.tsx"
import { count, money, unknown, visible } from "./format.ts"
import { keyOf, loadUses } from "./key-use.ts"
import { Link, pageHref, useAddress } from "./location.tsx"
import { Badge, Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import { TokenForm } from "./token-form.tsx"
import { LastUsed, LogReach } from "./last-used.tsx"
import { useCanWrite } from "./session.ts"
import { write } from "./write.ts"

/** A token, without its value. */
export interface Token {
  /** `null` if it is declared. */
  readonly id: string | null
  readonly name: string
  readonly models: ReadonlyArray<string> | null
  readonly expires: string | null
  readonly spend_limits: unknown
  readonly rate_limits: unknown
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly token_preview: string | null
  readonly rotating: ReadonlyArray<{ readonly token_preview: string | null; readonly until: string | null }>
}

const short = (value: unknown): string => {
  const rules = Array.isArray(value)
    ? value
    : (Object(value) as { rules?: ReadonlyArray<unknown> }).rules ?? []
  return rules.map((rule) => {
    const { limit, window, interval, unit = "requests", limitType } = Object(rule) as Record<string, unknown>
    const span = typeof window === "string" ? `a ${window}` : `${Number(window ?? interval)} s`
    return `${limitType === "cost" || !Array.isArray(value) ? `$${limit}` : `${limit} ${unit}`} in ${span}`
  }).join(", ")
}

const limitsText = ({ spend_limits, rate_limits }: Token): string =>
  [short(spend_limits), short(rate_limits)].filter((text) => text !== "").join("; ")

type Asked =
  | { readonly what: "new" }
  | { readonly what: "edit" | "rotate" | "revoke"; readonly token: Token }
  | {
    readonly what: "made"
    readonly name: string
    readonly value: string
    readonly until: string | undefined
  }

const perPage = 50

export const TokensTab = ({ account, gateway, isManaged }: {
  readonly account: string
  readonly gateway: string
  readonly isManaged: boolean
}) => {
  const { searchParams } = useAddress()
  const search = searchParams.get("search") ?? ""
  const page = Number(searchParams.get("page") ?? 1)
  const path = gatewayApiPath(account, gateway)
  const canWrite = useCanWrite() && isManaged
  const [asked, setAsked] = useState<Asked | undefined>(undefined)
  const list = useLoaded(
    `${path} tokens ${search} ${page}`,
    (signal) =>
      getPage<ReadonlyArray<Token>, { readonly total_count: number }>(
        `${path}/tokens`,
        { search, page, per_page: perPage },
        signal,
      ),
  )
  const uses = useLoaded(`${path} token uses`, (signal) => loadUses(path, ["token"], path, signal), 60_000)
  const tokens = list.value?.result ?? []
  const total = list.value?.info.total_count ?? 0
  const close = (): void => setAsked(undefined)
  return (
    <Panel
      title={list.value === undefined ? "Tokens" : `${count(total)} ${total === 1 ? "token" : "tokens"}`}
      aside={canWrite && (
        <button type="button" class="primary" onClick={() => setAsked({ what: "new" })}>New token</button>
      )}
    >
      <WhyReadOnly
        what="tokens"
        {...(!isManaged &&
          { declared: "Tokens of this gateway are declared with its settings: add and remove them there." })}
      />
      <Search label="Search tokens by name" />
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {uses.error !== undefined && <Problem error={uses.error} onRetry={uses.reload} />}
      {list.value !== undefined && tokens.length === 0 && (
        <p class="note">
          {search !== ""
            ? "No token has this in its name."
            : isManaged
            ? "There is no token yet. Give each team or service one of its own: its calls, cost and limits then stand under its name."
            : "No token has a name here. Tokens without one cannot be distinguished."}
        </p>
      )}
      {tokens.length > 0 && (
        <Table
          label="Tokens"
          class="stack"
          heads={[
            "Name",
            "Models",
            "Expires",
            "Limits",
            "Metadata",
            "Last used",
            "#Requests, this month",
            "#Cost, this month",
          ]}
          last={canWrite && <ChangeColumn />}
        >
          {tokens.map((token) => {
            const use = uses.value?.of(keyOf([token.name]))
            const isOver = token.expires !== null && Date.parse(token.expires) < Date.now()
            return (
              <tr key={token.id ?? token.name}>
                <th scope="row">
                  <Link
                    href={pageHref("/console/log", {
                      gateway,
                      filters: JSON.stringify([{ key: "token", operator: "eq", value: [token.name] }]),
                    })}
                    title="Its calls in the log"
                  >
                    <Text>{token.name}</Text>
                  </Link>
                  <div class="note">{token.token_preview}</div>
                  {token.rotating.map(({ token_preview, until }) => (
                    <div class="note" key={until}>
                      {token_preview} until {until === null ? unknown : <Time at={until} />}
                    </div>
                  ))}
                </th>
                <td data-label="Models">
                  {token.models === null ? "all" : <Text>{token.models.join(", ")}</Text>}
                </td>
                <td data-label="Expires">
                  {token.expires === null ? "never" : <Time at={token.expires} />}{" "}
                  {isOver && <Badge kind="bad">expired</Badge>}
                </td>
                <td data-label="Limits">{limitsText(token) || "the gateway's"}</td>
                <td data-label="Metadata">
                  <Text>
                    {Object.entries(token.metadata ?? {}).map(([name, value]) => `${name}: ${String(value)}`)
                      .join(", ")}
                  </Text>
                </td>
                <td data-label="Last used">
                  <LastUsed use={use} begins={uses.value?.logBegins} />
                </td>
                <td data-label="Requests, this month" class="number">{count(use?.monthRequests)}</td>
                <td data-label="Cost, this month" class="number">{money(use?.monthCost)}</td>
                {canWrite && (
                  <RowButtons
                    name={token.name}
                    actions={{
                      Edit: () => setAsked({ what: "edit", token }),
                      Rotate: () => setAsked({ what: "rotate", token }),
                      Revoke: () => setAsked({ what: "revoke", token }),
                    }}
                  />
                )}
              </tr>
            )
          })}
        </Table>
      )}
      <Pager page={page} perPage={perPage} total={total} label="Pages of tokens" />
      {uses.value !== undefined && tokens.length > 0 && <LogReach begins={uses.value.logBegins} />}
      {(asked?.what === "new" || asked?.what === "edit") && (
        <TokenForm
          path={path}
          token={asked.what === "edit" ? asked.token : undefined}
          onClose={close}
          onDone={(name, value) => {
            setAsked(value === undefined ? undefined : { what: "made", name, value, until: undefined })
            list.reload()
          }}
        />
      )}
      {asked?.what === "rotate" && (
        <Rotate
          path={path}
          token={asked.token}
          onClose={close}
          onMade={(value, until) => {
            setAsked({ what: "made", name: asked.token.name, value, until })
            list.reload()
          }}
        />
      )}
      {asked?.what === "made" && (
        <Made name={asked.name} value={asked.value} until={asked.until} onClose={close} />
      )}
      {asked?.what === "revoke" && (
        <Confirm
          title={`Revoke ${visible(asked.token.name)}`}
          action="Revoke the token"
          name={asked.token.name}
          onClose={close}
          onDone={list.reload}
          onDo={() => write("DELETE", `${path}/tokens/${asked.token.id}`)}
        >
          <p>The next call with it is refused. What it has used stays in the log.</p>
        </Confirm>
      )}
    </Panel>
  )
}
