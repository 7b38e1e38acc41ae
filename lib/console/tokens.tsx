/**
 * The tokens of a gateway: who has them, what they may do, what they have used; made, changed, rotated, revoked.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { gatewayPath, getPage } from "./api.ts"
import { Confirm, Dialog, ReadOnly, useDoing } from "./dialog.tsx"
import { count, money, unknown, visible } from "./format.ts"
import { keyOf, loadUses } from "./key-use.ts"
import { go, hereWith, Link, pageHref, useAddress } from "./location.tsx"
import { Badge, Copy, Panel, Problem, Text, Time, useLoaded } from "./parts.tsx"
import { TokenForm } from "./token-form.tsx"
import { LastUsed, LogReach } from "./used.tsx"
import { useCanWrite, useYou } from "./you.ts"
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

/** A token's value, for the only time: when the window is closed it is nowhere on the page. */
const Made = ({ name, value, until, onClose }: {
  readonly name: string
  readonly value: string
  readonly until: string | undefined
  readonly onClose: () => void
}) => (
  <Dialog title={`The token ${visible(name)}`} onClose={onClose}>
    <p>Copy it now: it is shown this once, and kept nowhere but as its digest.</p>
    <div class="row secret">
      <code>{value}</code>
      <Copy text={value} label="Copy the token" />
    </div>
    {until !== undefined && (
      <p class="note">
        The value of before is valid until <Time at={until} />.
      </p>
    )}
    <p class="note">
      Clients send it as <code>cf-aig-authorization: Bearer …</code>, or as their API key.
    </p>
    <div class="row actions">
      <button type="button" class="primary" onClick={onClose}>I have it</button>
    </div>
  </Dialog>
)

const overlaps = [["0", "ends at once"], ["3600", "is valid for an hour"], ["86400", "is valid for a day"], [
  "604800",
  "is valid for a week",
]] as const

const Rotate = ({ path, token, onClose, onMade }: {
  readonly path: string
  readonly token: Token
  readonly onClose: () => void
  readonly onMade: (value: string, until: string | undefined) => void
}) => {
  const [overlap, setOverlap] = useState("86400")
  const doing = useDoing()
  return (
    <Dialog title={`Rotate ${visible(token.name)}`} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          doing.run(async () => {
            const { value } = await write<Token & { readonly token: string }>(
              "POST",
              `${path}/tokens/${token.id}/rotate`,
              { overlap: Number(overlap) },
            )
            onMade(value.token, value.rotating[0]?.until ?? undefined)
          })
        }}
      >
        <p>It gets a new value; its name, limits and history stay.</p>
        <label>
          <span>The value of before</span>
          <select value={overlap} onChange={({ currentTarget }) => setOverlap(currentTarget.value)}>
            {overlaps.map(([seconds, text]) => <option key={seconds} value={seconds}>{text}</option>)}
          </select>
        </label>
        {doing.problem !== undefined && <Problem error={doing.problem} />}
        <div class="row actions">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={doing.isBusy}>Rotate</button>
        </div>
      </form>
    </Dialog>
  )
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

/** The tab. */
export const Tokens = ({ account, gateway, isManaged }: {
  readonly account: string
  readonly gateway: string
  readonly isManaged: boolean
}) => {
  const { searchParams } = useAddress()
  const search = searchParams.get("search") ?? ""
  const page = Number(searchParams.get("page") ?? 1)
  const path = gatewayPath(account, gateway)
  const you = useYou()
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
      {!isManaged
        ? <ReadOnly why="Tokens of this gateway are declared with its settings: add and remove them there." />
        : you?.role === "read" && (
          <ReadOnly
            why={`The admin token "${you.name}" may only read: tokens are made with one that may write.`}
          />
        )}
      <label class="search">
        <span class="heard">Search tokens by name</span>
        <input
          type="search"
          placeholder="Search by name"
          value={search}
          onInput={({ currentTarget }) =>
            go(hereWith({ search: currentTarget.value, page: undefined }), true)}
        />
      </label>
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {uses.error !== undefined && <Problem error={uses.error} onRetry={uses.reload} />}
      {list.value !== undefined && tokens.length === 0 && (
        <p class="note">
          {search !== ""
            ? "No token has this in its name."
            : isManaged
            ? "There is no token yet. Give each team or service one of its own: its calls, cost and limits then stand under its name."
            : "No token has a name here. Tokens without one are not told apart."}
        </p>
      )}
      {tokens.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Tokens">
          <table class="stack">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Models</th>
                <th scope="col">Expires</th>
                <th scope="col">Limits</th>
                <th scope="col">Metadata</th>
                <th scope="col">Last used</th>
                <th scope="col" class="number">Requests, this month</th>
                <th scope="col" class="number">Cost, this month</th>
                {canWrite && (
                  <th scope="col">
                    <span class="heard">Change</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
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
                        {Object.entries(token.metadata ?? {}).map(([name, value]) =>
                          `${name}: ${String(value)}`
                        )
                          .join(", ")}
                      </Text>
                    </td>
                    <td data-label="Last used">
                      <LastUsed use={use} begins={uses.value?.logBegins} />
                    </td>
                    <td data-label="Requests, this month" class="number">{count(use?.monthRequests)}</td>
                    <td data-label="Cost, this month" class="number">{money(use?.monthCost)}</td>
                    {canWrite && (
                      <td class="does">
                        {(["edit", "rotate", "revoke"] as const).map((what) => (
                          <button
                            key={what}
                            type="button"
                            class="quiet"
                            aria-label={`${what[0]?.toUpperCase()}${what.slice(1)} ${visible(token.name)}`}
                            onClick={() => setAsked({ what, token })}
                          >
                            {what[0]?.toUpperCase()}
                            {what.slice(1)}
                          </button>
                        ))}
                      </td>
                    )}
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
      {total > perPage && (
        <nav class="pages" aria-label="Pages of tokens">
          <span>
            {count((page - 1) * perPage + 1)}–{count(Math.min(total, page * perPage))} of {count(total)}
          </span>
          <span class="row">
            {page > 1 && <Link class="button" href={hereWith({ page: String(page - 1) })}>Back</Link>}
            {page * perPage < total && (
              <Link class="button" href={hereWith({ page: String(page + 1) })}>On</Link>
            )}
          </span>
        </nav>
      )}
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
