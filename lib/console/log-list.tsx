/**
 * The matching requests, page by page, or live.
 *
 * @module
 */
import { gatewayApiPath, getPage } from "./api.ts"
import { Download } from "./download.tsx"
import { count } from "./format.ts"
import { LogTable, type TableOrder } from "./log-table.tsx"
import { type Tail, useTail } from "./log-tail.ts"
import { go, hereWith, Link, pageHref, useAddress } from "./location.tsx"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import { boundFilters, type Scope } from "./scope.tsx"
import type { Filter, ListedEntry } from "./types.ts"
import { Welcome } from "./welcome.tsx"
import { useCanWrite } from "./session.ts"

const perPage = 50

interface Info {
  readonly total_count: number
}

const Pages = ({ page, total }: { readonly page: number; readonly total: number }) => {
  const last = Math.max(1, Math.ceil(total / perPage))
  return (
    <nav class="pages" aria-label="Pages of the log">
      {page > 1 ? <Link class="button" href={hereWith({ page: String(page - 1) })}>Newer</Link> : <span />}
      <span>Page {count(page)} of {count(last)}</span>
      {page < last ? <Link class="button" href={hereWith({ page: String(page + 1) })}>Older</Link> : <span />}
    </nav>
  )
}

const LiveState = ({ tail }: { readonly tail: Tail }) => (
  <p class={`live ${tail.isOpen ? "on" : ""}`} role="status">
    {tail.problem !== ""
      ? tail.problem
      : tail.isOpen
      ? "Live: requests appear when they have ended."
      : "Connecting…"}
    {tail.skipped > 0 && ` ${count(tail.skipped)} were left out: more came than can be shown.`}
  </p>
)

const orderIn = (search: URLSearchParams): TableOrder => ({
  by: search.get("order") ?? "created_at",
  isAscending: search.get("direction") === "asc",
})

export const LogList = ({ scope, filters, search }: {
  readonly scope: Scope
  readonly filters: ReadonlyArray<Filter>
  readonly search: string
}) => {
  const { searchParams } = useAddress()
  const page = Math.max(1, Number(searchParams.get("page") ?? 1) || 1)
  const canWrite = useCanWrite()
  const isLive = searchParams.get("live") === "1"
  const order = orderIn(searchParams)
  const path = `${gatewayApiPath(scope.account, scope.gateway)}/logs`
  const written = JSON.stringify(filters)
  const asked = () => ({
    search,
    filters: JSON.stringify([...filters, ...boundFilters(scope)]),
    ...(order.isAscending && { order_by_direction: "asc" }),
  })
  const list = useLoaded(
    JSON.stringify([path, scope.since, scope.until, written, search, page, order]),
    (signal) =>
      getPage<ReadonlyArray<ListedEntry>, Info>(path, {
        ...asked(),
        page,
        per_page: perPage,
        order_by: order.by === "created_at" ? undefined : order.by,
      }, signal),
  )
  const tail = useTail(isLive, scope, written, search)
  const shown = list.value ?? list.last
  const old = shown?.result ?? []
  const entries = isLive
    ? [...tail.entries, ...old.filter(({ id }) => !tail.entries.some((one) => one.id === id))]
    : old
  const isFiltered = filters.length + search.length > 0
  const isEmpty = list.value !== undefined && entries.length === 0
  if (isEmpty && !isFiltered && !isLive) return <Welcome account={scope.account} gateway={scope.gateway} />
  return (
    <Panel
      isBusy={list.isLoading}
      title={shown === undefined ? "Requests" : `${count(shown.info.total_count)} requests`}
      aside={
        <div class="row">
          <button
            type="button"
            aria-pressed={isLive}
            class="toggle"
            onClick={() =>
              go(hereWith({
                live: isLive ? undefined : "1",
                page: undefined,
                order: undefined,
                direction: undefined,
              }))}
          >
            Live tail
          </button>
          <button type="button" onClick={list.reload}>Refresh</button>
          {canWrite && filters.length > 0 && (
            <Link
              class="button"
              href={pageHref("/console/evaluations", { tab: "datasets", new: "1", filters: written })}
            >
              Make a dataset
            </Link>
          )}
          <Download
            path={path}
            parameters={{ ...asked(), format: "csv" }}
            name={`${scope.gateway}-log.csv`}
          />
        </div>
      }
    >
      {isLive && <LiveState tail={tail} />}
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {shown === undefined && list.error === undefined && <p role="status">Loading…</p>}
      {isEmpty && isFiltered && (
        <p class="note">No request fits. Remove a filter, or look at a longer span of time.</p>
      )}
      {entries.length > 0 && <LogTable entries={entries} gateway={scope.gateway} order={order} />}
      {shown !== undefined && !isEmpty && <Pages page={page} total={shown.info.total_count} />}
    </Panel>
  )
}
