/**
 * What the holder of a gateway token has used and has left. Nothing else of the gateway is shown.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks"
import { ApiError, type GatewayAddress, logOut, sendRequest } from "./api.ts"
import { count, money, share, unknown, visible } from "./format.ts"
import { go, hereWith, useAddress } from "./location.tsx"
import { Login } from "./login.tsx"
import { Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"

/** The path of this page, outside of the pages for admins. */
export const usagePath = "/console/usage"

/** The address of this page for a gateway. */
export const usageHref = ({ account, gateway }: GatewayAddress): string =>
  `${usagePath}?${new URLSearchParams({ account, gateway })}`

interface Usage {
  readonly token: string
  readonly since: string
  readonly until: string
  readonly requests: number
  readonly unpriced: number
  readonly tokens_in: number
  readonly tokens_out: number
  readonly cost: number | null
  readonly limits: ReadonlyArray<{
    readonly id: string
    readonly limit: number
    readonly spent: number | null
    readonly left: number | null
    readonly resets_at: string | null
  }>
}

/** Calendar periods are in UTC, as the gateway counts them. */
const spans = [["", "This month"], ["-24h", "24 hours"], ["-7d", "7 days"], ["-30d", "30 days"]] as const

const Card = ({ name, figure, note }: {
  readonly name: string
  readonly figure: string
  readonly note: string
}) => (
  <div class="card">
    <dt>{name}</dt>
    <dd class="figure">{figure}</dd>
    <dd class="before">{note}</dd>
  </div>
)

const Figures = ({ usage }: { readonly usage: Usage }) => (
  <>
    <dl class="cards">
      <Card name="Requests" figure={count(usage.requests)} note="" />
      <Card
        name="Cost"
        figure={money(usage.cost)}
        note={usage.unpriced === 0 ? "" : `${count(usage.unpriced)} requests have no known price`}
      />
      <Card name="Tokens in" figure={count(usage.tokens_in)} note="" />
      <Card name="Tokens out" figure={count(usage.tokens_out)} note="" />
    </dl>
    <Panel title="Budgets">
      {usage.limits.length === 0 && <p class="note">Your token has no budget of its own.</p>}
      {usage.limits.length > 0 && (
        <Table label="Budgets" class="stack" heads={["Budget", "#Spent", "#Left", "#Of", "Begins anew"]}>
          {usage.limits.map(({ id, limit, spent, left, resets_at }) => (
            <tr key={id}>
              <th scope="row">
                <Text>{id}</Text>
                {spent !== null && (
                  <meter
                    min={0}
                    max={limit}
                    value={spent}
                    aria-label={`${share(spent, limit)} of it is spent`}
                  />
                )}
              </th>
              <td data-label="Spent" class="number">{money(spent)}</td>
              <td data-label="Left" class="number">{money(left)}</td>
              <td data-label="Of" class="number">{money(limit)}</td>
              <td data-label="Begins anew">{resets_at === null ? unknown : <Time at={resets_at} />}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  </>
)

export const UsagePage = () => {
  const { searchParams } = useAddress()
  const place = { account: searchParams.get("account") ?? "", gateway: searchParams.get("gateway") ?? "" }
  const since = searchParams.get("since") ?? ""
  const [turn, setTurn] = useState(0)
  const path = `/v1/${encodeURIComponent(place.account)}/${encodeURIComponent(place.gateway)}/usage`
  const usage = useLoaded(
    place.account === "" || place.gateway === "" ? "" : `${path} ${since} ${turn}`,
    async (signal) =>
      await (await sendRequest(since === "" ? path : `${path}?since=${since}`, { signal })).json() as Usage,
    15_000,
  )
  useEffect(() => {
    document.title = "Usage · basegate"
  }, [])
  const isOut = usage.error instanceof ApiError && usage.error.status === 401
  if (isOut || place.account === "" || place.gateway === "") {
    return (
      <Login
        onDone={() => go("/console")}
        onUsage={() => setTurn(turn + 1)}
      />
    )
  }
  const { value } = usage
  return (
    <main class="alone">
      <header class="top">
        <h1>
          <img src="/console/icon.svg" alt="" width="24" height="24" /> Usage of{" "}
          <bdi>{value === undefined ? `${place.account}/${place.gateway}` : visible(value.token)}</bdi>
        </h1>
        <button
          type="button"
          class="quiet"
          onClick={() => void logOut(place).then(() => go("/console"), () => go("/console"))}
        >
          Log out
        </button>
      </header>
      <div class="row bar">
        <div class="spans" role="group" aria-label="Span of time">
          {spans.map(([span, name]) => (
            <button
              key={span}
              type="button"
              aria-pressed={since === span}
              onClick={() => go(hereWith({ since: span }))}
            >
              {name}
            </button>
          ))}
        </div>
        {value !== undefined && (
          <span class="note">
            In the gateway <bdi>{place.account}/{place.gateway}</bdi>, since <Time at={value.since} />
          </span>
        )}
      </div>
      {usage.error !== undefined && <Problem error={usage.error} onRetry={usage.reload} />}
      {value === undefined
        ? usage.error === undefined && <p role="status">Loading…</p>
        : <Figures usage={value} />}
    </main>
  )
}
