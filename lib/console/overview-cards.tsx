/**
 * The cards of the overview: each figure beside the one of the period before.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { accountPath, get } from "./api.ts"
import { change, count, money, share, short, time, unknown } from "./format.ts"
import { useLoaded } from "./parts.tsx"
import { savedOf } from "./series.ts"
import type { Analytics, Percentiles, Status } from "./types.ts"

interface CardProps {
  readonly name: string
  readonly value: string
  readonly full?: string
  readonly now?: number | null
  readonly before?: number | null | undefined
  readonly shownBefore?: string
  readonly children?: ComponentChildren
}

const Card = ({ name, value, full, now, before, shownBefore, children }: CardProps) => {
  const changed = change(now, before)
  return (
    <div class="card">
      <dt>{name}</dt>
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

/** The cards. */
export const Cards = ({ figures, account }: { readonly figures: Analytics; readonly account: string }) => {
  const { totals, previous } = figures
  const before = previous?.totals
  const status = useLoaded(
    `status ${account}`,
    (signal) => get<Status>(`${accountPath(account)}/status`, {}, signal),
    5_000,
  )
  const saved = savedOf(figures)
  const hadAny = before !== undefined && before.requests > 0
  return (
    <dl class="cards">
      <Card
        name="Requests"
        value={short(totals.requests)}
        full={count(totals.requests)}
        now={totals.requests}
        before={before?.requests}
        shownBefore={short(before?.requests)}
      >
        {share(totals.requests - totals.errors, totals.requests)} succeeded
      </Card>
      <Card
        name="Failed"
        value={short(totals.errors)}
        full={count(totals.errors)}
        now={totals.errors}
        before={before?.errors}
        shownBefore={short(before?.errors)}
      >
        {share(totals.errors, totals.requests)} of all
      </Card>
      <Card
        name="Cost"
        value={money(totals.cost)}
        now={totals.cost}
        before={before?.cost}
        shownBefore={hadAny ? money(before.cost) : unknown}
      >
        {totals.unpriced === 0
          ? "every request has a price"
          : `${count(totals.unpriced)} without a known price`}
      </Card>
      <Card name="Saved by the cache" value={saved === null ? unknown : `≈ ${money(saved)}`}>
        {share(totals.cached, totals.requests)} from the cache
      </Card>
      <Card
        name="Tokens in"
        value={short(totals.tokens_in)}
        full={count(totals.tokens_in)}
        now={totals.tokens_in}
        before={before?.tokens_in}
        shownBefore={short(before?.tokens_in)}
      >
        {share(totals.tokens_cached, totals.tokens_in)} cached by the provider
      </Card>
      <Card
        name="Tokens out"
        value={short(totals.tokens_out)}
        full={count(totals.tokens_out)}
        now={totals.tokens_out}
        before={before?.tokens_out}
        shownBefore={short(before?.tokens_out)}
      />
      <Card
        name="Duration, median"
        value={time(totals.duration.p50)}
        now={totals.duration.p50}
        before={before?.duration.p50}
        shownBefore={time(before?.duration.p50)}
      >
        <Percentile of={totals.duration} />
      </Card>
      <Card
        name="First token, median"
        value={time(totals.time_to_first_token.p50)}
        now={totals.time_to_first_token.p50}
        before={before?.time_to_first_token.p50}
        shownBefore={time(before?.time_to_first_token.p50)}
      >
        <Percentile of={totals.time_to_first_token} />
      </Card>
      <Card name="In flight now" value={count(status.value?.in_flight)}>open streams included</Card>
    </dl>
  )
}
