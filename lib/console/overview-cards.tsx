/**
 * The cards of the overview: each figure with that of the previous period.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { accountPath, get } from "./api.ts"
import { logHref } from "./filters.ts"
import { change, count, money, share, short, time, unknown } from "./format.ts"
import { Link } from "./location.tsx"
import { useLoaded } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import { savedOf } from "./series.ts"
import type { Analytics, Figures, Filter, Percentiles, Status } from "./types.ts"

interface CardProps {
  readonly name: string
  readonly value: string
  readonly full?: string
  /** A link to its requests. */
  readonly href?: string
  readonly now?: number | null
  readonly before?: number | null | undefined
  readonly shownBefore?: string
  readonly children?: ComponentChildren
}

const Card = ({ name, value, full, href, now, before, shownBefore, children }: CardProps) => {
  const changed = change(now, before)
  return (
    <div class="card">
      <dt>{href === undefined ? name : <Link href={href}>{name}</Link>}</dt>
      <dd class="figure" title={full}>{value}</dd>
      <dd class="note">{children}</dd>
      <dd class="before">
        {shownBefore === undefined
          ? ""
          : changed === undefined
          ? `before: ${shownBefore}`
          : `${changed}, before: ${shownBefore}`}
      </dd>
    </div>
  )
}

const Percentile = ({ of }: { readonly of: Percentiles }) => <>p95 {time(of.p95)} · p99 {time(of.p99)}</>

/** Which part of the cost is uncertain. */
const CostNote = ({ totals }: { readonly totals: Figures }) => (
  <>
    {totals.cost_estimated > 0 && `${share(totals.cost_estimated, totals.cost)} estimated, `}
    {totals.unpriced === 0 ? "all have a price" : `${short(totals.unpriced)} unpriced`}
  </>
)

const isSuccess = (value: string): Filter => ({ key: "success", operator: "eq", value: [value] })

export const Cards = ({ figures, scope, filters }: {
  readonly figures: Analytics
  readonly scope: Scope
  readonly filters: ReadonlyArray<Filter>
}) => {
  const { totals, previous } = figures
  const before = previous !== undefined && previous.totals.requests > 0 ? previous.totals : undefined
  const { account } = scope
  const status = useLoaded(
    `status ${account}`,
    (signal) => get<Status>(`${accountPath(account)}/status`, {}, signal),
    5_000,
  )
  const saved = savedOf(figures)
  const inLog = (...more: ReadonlyArray<Filter>): string => logHref(scope, [...more, ...filters])
  /** A card with a count and that of the previous period. */
  const counted = (
    name: keyof Figures & ("requests" | "errors" | "rescued" | "tokens_in" | "tokens_out"),
  ) => ({
    value: short(totals[name]),
    full: count(totals[name]),
    now: totals[name],
    before: before?.[name],
    shownBefore: short(before?.[name]),
  })
  const timed = (name: "duration" | "time_to_first_token") => ({
    value: time(totals[name].p50),
    now: totals[name].p50,
    before: before?.[name].p50,
    shownBefore: time(before?.[name].p50),
  })
  return (
    <dl class="cards">
      <Card name="Requests" href={inLog()} {...counted("requests")}>
        {share(totals.requests - totals.errors, totals.requests)} succeeded
      </Card>
      <Card name="Failed" href={inLog(isSuccess("false"))} {...counted("errors")}>
        {share(totals.errors, totals.requests)} of all
      </Card>
      <Card
        name="Rescued"
        href={logHref(scope, filters, { view: "errors" })}
        {...counted("rescued")}
      >
        by a further try or a fall-back
      </Card>
      <Card
        name="Cost"
        value={money(totals.cost)}
        now={totals.cost}
        before={before?.cost}
        shownBefore={money(before?.cost)}
      >
        <CostNote totals={totals} />
      </Card>
      <Card name="Saved by the cache" value={saved === null ? unknown : `≈ ${money(saved)}`}>
        at what other calls cost
      </Card>
      <Card
        name="From the cache"
        href={inLog({ key: "cached", operator: "eq", value: ["true"] })}
        value={share(totals.cached, totals.requests)}
        full={count(totals.cached)}
        now={totals.requests === 0 ? null : totals.cached / totals.requests}
        before={before === undefined ? null : before.cached / before.requests}
        shownBefore={share(before?.cached, before?.requests)}
      >
        {short(totals.cached)} requests
      </Card>
      <Card name="Tokens in" {...counted("tokens_in")}>
        {share(totals.tokens_cached, totals.tokens_in)} cached by the provider
      </Card>
      <Card name="Tokens out" {...counted("tokens_out")}>
        {share(totals.tokens_reasoning, totals.tokens_out)} reasoning
      </Card>
      <Card name="Duration, median" {...timed("duration")}>
        <Percentile of={totals.duration} />
      </Card>
      <Card name="First token, median" {...timed("time_to_first_token")}>
        <Percentile of={totals.time_to_first_token} />
      </Card>
      <Card
        name="Tokens a second, median"
        value={short(totals.tokens_per_second.p50)}
        now={totals.tokens_per_second.p50}
        before={before?.tokens_per_second.p50}
        shownBefore={short(before?.tokens_per_second.p50)}
      >
        of streams, from the first on
      </Card>
      <Card name="In flight now" value={count(status.value?.in_flight)}>open streams included</Card>
    </dl>
  )
}
