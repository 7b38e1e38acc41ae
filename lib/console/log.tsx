/**
 * Log: every request, filtered, and as they come.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { follow, gatewayPath, getPage } from "./api.ts"
import { EntryView } from "./entry.tsx"
import { count } from "./format.ts"
import { Filters, filtersIn } from "./log-filters.tsx"
import { LogTable } from "./log-table.tsx"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import { beginOf, type Scope } from "./scope.tsx"
import type { Entry, Filter } from "./types.ts"
import { Welcome } from "./welcome.tsx"

const perPage = 50
/** How many live entries are shown: the page stays quick. */
const mostLive = 200

interface Info {
  readonly total_count: number
}

/** The filters with the bounds of the span, as the API takes them. */
const asked = (scope: Scope, filters: ReadonlyArray<Filter>): string => {
  const bounds = [
    { key: "created_at", operator: "gt", value: [new Date(beginOf(scope)).toISOString()] },
    ...(scope.until === "" ? [] : [{ key: "created_at", operator: "lt", value: [scope.until] }]),
  ]
  return JSON.stringify([...filters, ...bounds])
}

interface Tail {
  readonly entries: ReadonlyArray<Entry>
  readonly isOpen: boolean
  readonly problem: string
  readonly skipped: number
}

/** What comes while the page is looked at. */
const useTail = (isLive: boolean, scope: Scope, filters: string, search: string): Tail => {
  const none: Tail = { entries: [], isOpen: false, problem: "", skipped: 0 }
  const [tail, setTail] = useState(none)
  useEffect(() => {
    setTail(none)
    if (!isLive || scope.gateway === "") return
    const controller = new AbortController()
    void follow(
      `${gatewayPath(scope.account, scope.gateway)}/logs/tail`,
      { filters, search },
      controller.signal,
      (isOpen, problem = "") => setTail((last) => ({ ...last, isOpen, problem })),
      (name, data) =>
        setTail((last) => {
          if (name === "skipped") return { ...last, skipped: last.skipped + Number(data) }
          const entry = JSON.parse(data) as Entry
          if (last.entries.some(({ id }) => id === entry.id)) return last
          return { ...last, entries: [entry, ...last.entries].slice(0, mostLive) }
        }),
    )
    return () => controller.abort()
  }, [isLive, scope.account, scope.gateway, filters, search])
  return tail
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

/** The page. */
export const LogPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const search = searchParams.get("search") ?? ""
  const filters = filtersIn(searchParams.get("filters"))
  const page = Math.max(1, Number(searchParams.get("page") ?? 1) || 1)
  const isLive = searchParams.get("live") === "1"
  const id = searchParams.get("entry")
  const path = `${gatewayPath(scope.account, scope.gateway)}/logs`
  const written = JSON.stringify(filters)
  const key = scope.gateway === ""
    ? ""
    : JSON.stringify([path, scope.since, scope.until, written, search, page])
  const list = useLoaded(
    key,
    (signal) =>
      getPage<ReadonlyArray<Entry>, Info>(path, {
        page,
        per_page: perPage,
        search,
        filters: asked(scope, filters),
      }, signal),
  )
  const tail = useTail(isLive, scope, written, search)
  if (accounts.length === 0) return <Welcome />
  const old = list.value?.result ?? []
  const entries = isLive
    ? [...tail.entries, ...old.filter(({ id }) => !tail.entries.some((one) => one.id === id))]
    : old
  const isEmpty = list.value !== undefined && entries.length === 0
  return (
    <>
      <Filters filters={filters} search={search} />
      <Panel
        isBusy={list.isLoading}
        title={list.value === undefined ? "Requests" : `${count(list.value.info.total_count)} requests`}
        aside={
          <div class="row">
            <button
              type="button"
              aria-pressed={isLive}
              class="toggle"
              onClick={() => go(hereWith({ live: isLive ? undefined : "1", page: undefined }))}
            >
              Live tail
            </button>
            <button type="button" onClick={list.reload}>Refresh</button>
          </div>
        }
      >
        {isLive && <LiveState tail={tail} />}
        {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
        {list.value === undefined && list.error === undefined && scope.gateway !== "" && (
          <p role="status">Loading…</p>
        )}
        {isEmpty && filters.length + search.length > 0 && (
          <p class="note">No request fits. Remove a filter, or look at a longer span of time.</p>
        )}
        {entries.length > 0 && <LogTable entries={entries} gateway={scope.gateway} />}
        {list.value !== undefined && !isEmpty && <Pages page={page} total={list.value.info.total_count} />}
      </Panel>
      {isEmpty && filters.length + search.length === 0 && (
        <Welcome account={scope.account} gateway={scope.gateway} />
      )}
      {id !== null && scope.gateway !== "" && <EntryView key={id} scope={scope} id={id} />}
    </>
  )
}
