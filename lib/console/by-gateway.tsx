/**
 * How many requests match in each gateway, since the log shows one gateway at a time.
 *
 * @module
 */
import { accountPath, get } from "./api.ts"
import { short } from "./format.ts"
import { hereWith, Link } from "./location.tsx"
import { useLoaded } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import type { Analytics, Filter } from "./types.ts"

/** Links to the matching requests of each gateway, with counts; renders nothing if there is only one gateway. */
export const ByGateway = ({ scope, filters, gateways }: {
  readonly scope: Scope
  readonly filters: ReadonlyArray<Filter>
  readonly gateways: ReadonlyArray<string>
}) => {
  const path = `${accountPath(scope.account)}/analytics`
  const asked = {
    since: scope.since,
    until: scope.until,
    bucket: "all",
    by: "gateway",
    filters: filters.length === 0 ? undefined : JSON.stringify(filters),
  }
  const figures = useLoaded(
    gateways.length < 2 ? "" : JSON.stringify([path, asked]),
    (signal) => get<Analytics>(path, asked, signal),
    30_000,
  )
  const rows = (figures.value ?? figures.last)?.rows ?? []
  if (gateways.length < 2) return null
  const sorted = [...rows].sort((one, other) => other.requests - one.requests)
  return (
    <nav class="by-gateway" aria-label="Requests that fit, by gateway">
      {sorted.map(({ group, requests }) => {
        const id = group["gateway"] ?? ""
        return (
          <Link
            key={id}
            class="button"
            href={hereWith({ gateway: id, page: undefined, entry: undefined })}
            aria-current={id === scope.gateway ? "true" : undefined}
          >
            <bdi>{id}</bdi> <span class="note">{short(requests)}</span>
          </Link>
        )
      })}
    </nav>
  )
}
