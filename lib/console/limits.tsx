/**
 * The use of each limit, its refusals, and the budget that runs out first.
 *
 * @module
 */
import { gatewayApiPath, getPage } from "./api.ts"
import { count, money, share, short, time, unknown, visible } from "./format.ts"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Choices, Panel, Problem, Table, Time, useLoaded } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import type { Limit } from "./types.ts"

const perPage = 50

interface Info {
  readonly total_count: number
}

const orders = [["share", "Most used"], ["runs_out_at", "Runs out first"], ["spent", "Most spent"]] as const

const amount = ({ unit }: Limit, value: number | null): string =>
  unit === "usd" ? money(value) : `${short(value)} ${unit}`

const lengths: Readonly<Record<number, string>> = {
  1: "a second",
  60: "a minute",
  3600: "an hour",
  86_400: "a day",
}

const windowText = ({ window }: Limit): string =>
  typeof window === "string" ? `a ${window}` : lengths[window] ?? `in ${time(1000 * window)}`

const ruleText = (limit: Limit): string => `${amount(limit, limit.limit)} ${windowText(limit)}`

/** Who a limit applies to. */
const ownerOf = ({ partition, token }: Limit): string => {
  const whose = token === null ? "" : `token ${token}`
  if (partition === null) return whose === "" ? "nobody has used it yet, or callers are not listed" : whose
  const names = Object.entries(partition).map(([name, value]) =>
    `${name.replace(/^metadata\./, "")} ${value}`
  )
  return [whose, ...names].filter((text) => text !== "").join(", ") || "everybody"
}

const later = (iso: string): string => {
  const wait = Date.parse(iso) - Date.now()
  return wait <= 0 ? "now" : `in ${time(wait)}`
}

const kindOf = (share: number | null): string =>
  share === null ? "" : share >= 1 ? "bad" : share >= 0.8 ? "left" : ""

const Row = ({ limit }: { readonly limit: Limit }) => (
  <tr>
    <th scope="row">
      <bdi>{visible(ownerOf(limit))}</bdi>
      <span class="note">
        {limit.kind === "spend" ? "budget" : "rate"} of {limit.gateway === "*" ? "all others" : limit.gateway}
      </span>
    </th>
    <td>{ruleText(limit)}</td>
    <td class={`used ${kindOf(limit.share)}`}>
      <meter
        min={0}
        max={1}
        value={Math.min(1, limit.share ?? 0)}
        aria-label={`Used of ${ownerOf(limit)}`}
      />
      {limit.share === null ? unknown : share(limit.share, 1)}
    </td>
    <td class="number">{limit.spent === null ? unknown : amount(limit, limit.spent)}</td>
    <td class="number">{limit.left === null ? unknown : amount(limit, limit.left)}</td>
    <td class="number">{count(limit.refused)}</td>
    <td>
      {limit.runs_out_at === null ? unknown : <Time at={limit.runs_out_at} text={later(limit.runs_out_at)} />}
    </td>
    <td>
      <Time at={limit.resets_at} text={later(limit.resets_at)} />
    </td>
  </tr>
)

/** The budget that will run out first at the current rate of spending. */
const First = ({ limit }: { readonly limit: Limit }) => (
  <p class="callout">
    <b>{(limit.share ?? 0) >= 1 ? "Is spent:" : "Runs out first:"}</b> {ruleText(limit)} for{" "}
    <bdi>{visible(ownerOf(limit))}</bdi> of {limit.gateway === "*" ? "all others" : limit.gateway},{" "}
    {(limit.share ?? 0) >= 1
      ? (
        <>
          all of it is there again <Time at={limit.resets_at} text={later(limit.resets_at)} />.
        </>
      )
      : (
        <>
          {limit.runs_out_at !== null && <Time at={limit.runs_out_at} text={later(limit.runs_out_at)} />}{" "}
          at the present pace ({share(limit.share, 1)} used).
        </>
      )}
  </p>
)

export const LimitsPanel = ({ scope }: { readonly scope: Scope }) => {
  const { searchParams } = useAddress()
  const order = searchParams.get("limits") ?? "share"
  const page = Math.max(1, Number(searchParams.get("page") ?? 1) || 1)
  const path = `${gatewayApiPath(scope.account, scope.gateway)}/limits`
  const limits = useLoaded(
    scope.account === "" ? "" : JSON.stringify([path, order, page]),
    (signal) =>
      getPage<ReadonlyArray<Limit>, Info>(path, { order_by: order, page, per_page: perPage }, signal),
    10_000,
  )
  const soonest = useLoaded(
    scope.account === "" ? "" : path,
    (signal) =>
      getPage<ReadonlyArray<Limit>>(path, { kind: "spend", order_by: "runs_out_at", per_page: 1 }, signal),
    10_000,
  )
  const shown = limits.value ?? limits.last
  const total = shown?.info.total_count ?? 0
  const [first] = soonest.value?.result ?? []
  return (
    <Panel
      title={shown === undefined ? "Limits" : `${count(total)} limits`}
      isBusy={limits.isLoading}
      aside={
        <Choices
          label="Order of the limits"
          choices={orders}
          chosen={order}
          onChoose={(value) =>
            go(hereWith({ limits: value === "share" ? undefined : value, page: undefined }))}
        />
      }
    >
      {limits.error !== undefined && <Problem error={limits.error} onRetry={limits.reload} />}
      {first !== undefined &&
        (first.runs_out_at === null
          ? <p class="note">At the present pace no budget runs out before it begins anew.</p>
          : <First limit={first} />)}
      {shown !== undefined && total === 0 && (
        <p class="note">
          No gateway here has a limit. Set <code>spend_limits</code> or <code>rate_limits</code>{" "}
          in its settings.
        </p>
      )}
      {shown !== undefined && shown.result.length > 0 && (
        <Table
          label="Limits"
          class="limits"
          heads={["For", "Limit", "Used", "#Spent", "#Left", "#Refused", "Runs out", "All again"]}
        >
          {shown.result.map((limit) => (
            <Row key={`${limit.gateway} ${limit.id} ${JSON.stringify(limit.partition)}`} limit={limit} />
          ))}
        </Table>
      )}
      {total > perPage && (
        <nav class="pages" aria-label="Pages of the limits">
          {page > 1
            ? <Link class="button" href={hereWith({ page: String(page - 1) })}>Before</Link>
            : <span />}
          <span>Page {count(page)} of {count(Math.ceil(total / perPage))}</span>
          {page * perPage < total
            ? <Link class="button" href={hereWith({ page: String(page + 1) })}>Next</Link>
            : <span />}
        </nav>
      )}
    </Panel>
  )
}
