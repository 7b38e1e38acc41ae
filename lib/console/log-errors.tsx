/**
 * Failures by status, model and reason, and what retries or fallbacks rescued.
 *
 * @module
 */
import { gatewayApiPath, get } from "./api.ts"
import { groupFilters, logHref } from "./filters.ts"
import { count, money, share, time, visible } from "./format.ts"
import { hereWith, Link } from "./location.tsx"
import { Badge, Panel, Problem, Table, useLoaded } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import type { Analytics, FigureGroup, Filter } from "./types.ts"

const endings: Readonly<Record<string, string>> = {
  client_left: "The client left before the end",
  upstream_cut: "The provider broke off",
  idle: "The provider fell silent",
  first_byte_timeout: "The provider did not answer in time",
  total_timeout: "The whole call took too long",
  draining: "The gateway was stopped",
  blocked: "Blocked by a rule of the gateway's",
}

/** A reason in words; without one, the failure was the provider's own answer. */
const reasonText = (reason: string | null): string =>
  reason === null ? "The provider's own answer" : endings[reason] ?? reason

const reasonFilters = (reason: string | null): ReadonlyArray<Filter> =>
  reason === null
    ? [...groupFilters("error", null), { key: "ending", operator: "eq", value: ["complete"] }]
    : [{ key: reason in endings ? "ending" : "error", operator: "eq", value: [reason] }]

const failed: Filter = { key: "success", operator: "eq", value: ["false"] }
const wasRescued: Filter = { key: "rescued", operator: "neq", value: [""] }

const groupsOf = (figures: Analytics | undefined): ReadonlyArray<FigureGroup> =>
  [...figures?.rows ?? []].sort((one, other) => other.requests - one.requests)

const most = 40

const useGroups = (scope: Scope, filters: ReadonlyArray<Filter>, by: string) => {
  const path = `${gatewayApiPath(scope.account, scope.gateway)}/analytics`
  const asked = {
    since: scope.since,
    until: scope.until,
    bucket: "all",
    by,
    filters: JSON.stringify(filters),
  }
  return useLoaded(JSON.stringify([path, asked]), (signal) => get<Analytics>(path, asked, signal), 30_000)
}

const Failures = ({ scope, filters }: ViewProps) => {
  const figures = useGroups(scope, [failed, ...filters], "status,model,reason")
  const shown = figures.value ?? figures.last
  const groups = groupsOf(shown)
  const all = shown?.totals.requests ?? 0
  return (
    <Panel
      title={shown === undefined ? "Failures" : `${count(all)} failed`}
      isBusy={figures.isLoading}
    >
      {figures.error !== undefined && <Problem error={figures.error} onRetry={figures.reload} />}
      {shown === undefined && figures.error === undefined && <p role="status">Loading…</p>}
      {shown !== undefined && groups.length === 0 && <p class="note">Nothing failed in this span of time.</p>}
      {groups.length > 0 && (
        <Table label="Failures" heads={["Status", "Model", "Why", "#Requests", "#Share", "#Median wait"]}>
          {groups.slice(0, most).map((row) => {
            const { status = null, model = null, reason = null } = row.group
            const href = logHref(scope, [
              failed,
              ...groupFilters("status", status),
              ...groupFilters("model", model),
              ...reasonFilters(reason),
              ...filters,
            ])
            return (
              <tr key={`${status} ${model} ${reason}`}>
                <td>
                  <Badge kind={reason === "client_left" ? "left" : "bad"}>{status}</Badge>
                </td>
                <td class="wide">
                  <bdi>{visible(model ?? "no model")}</bdi>
                </td>
                <th scope="row" class="wide">
                  <Link href={href}>
                    <bdi>{visible(reasonText(reason))}</bdi>
                  </Link>
                </th>
                <td class="number">{count(row.requests)}</td>
                <td class="number">{share(row.requests, all)}</td>
                <td class="number">{time(row.duration.p50)}</td>
              </tr>
            )
          })}
        </Table>
      )}
      {groups.length > most && <p class="note">{count(groups.length - most)} more groups are smaller.</p>}
    </Panel>
  )
}

const rescuers: Readonly<Record<string, string>> = { retry: "a further try", fallback: "a fall-back" }

const Rescues = ({ scope, filters }: ViewProps) => {
  const figures = useGroups(scope, [wasRescued, ...filters], "rescued,rescued_from,model")
  const shown = figures.value ?? figures.last
  const groups = groupsOf(shown)
  const by = (name: string): number =>
    groups.filter(({ group }) => group["rescued"] === name).reduce((sum, { requests }) => sum + requests, 0)
  return (
    <Panel
      title={shown === undefined ? "Rescued" : `${count(shown.totals.requests)} rescued`}
      isBusy={figures.isLoading}
    >
      {figures.error !== undefined && <Problem error={figures.error} onRetry={figures.reload} />}
      {shown !== undefined && (
        <p class="note">
          {groups.length === 0
            ? "No request succeeded after a try that had failed."
            : `These succeeded after a try that had failed: ${count(by("retry"))} by a further try, ${
              count(by("fallback"))
            } by a fall-back. Without it each would have been an error.`}
        </p>
      )}
      {groups.length > 0 && (
        <Table label="Rescued" heads={["Failed first", "Rescued by", "Answered by", "#Requests", "#Cost"]}>
          {groups.slice(0, most).map((row) => {
            const { rescued = null, rescued_from: from = null, model = null } = row.group
            const href = logHref(scope, [
              ...groupFilters("rescued", rescued),
              ...groupFilters("rescued_from", from),
              ...groupFilters("model", model),
              ...filters,
            ])
            return (
              <tr key={`${rescued} ${from} ${model}`}>
                <th scope="row" class="wide">
                  <Link href={href}>
                    <bdi>{visible(from ?? "no try was made")}</bdi>
                  </Link>
                </th>
                <td>{rescuers[rescued ?? ""] ?? rescued}</td>
                <td class="wide">
                  <bdi>{visible(model ?? "no model")}</bdi>
                </td>
                <td class="number">{count(row.requests)}</td>
                <td class="number">{money(row.cost)}</td>
              </tr>
            )
          })}
        </Table>
      )}
    </Panel>
  )
}

interface ViewProps {
  readonly scope: Scope
  readonly filters: ReadonlyArray<Filter>
}

export const ErrorsView = ({ scope, filters }: ViewProps) => {
  const others = filters.filter(({ key }) => key !== "success")
  return (
    <>
      <Failures scope={scope} filters={others} />
      <Rescues scope={scope} filters={others} />
      <p class="note">
        <Link href={hereWith({ view: undefined })}>Back to the requests</Link>
      </p>
    </>
  )
}
