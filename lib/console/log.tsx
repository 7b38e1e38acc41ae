/**
 * Log: all requests, filtered or live; failures with their reasons, and what was rescued.
 *
 * @module
 */
import type { PageProps } from "./app.tsx"
import { ByGateway } from "./by-gateway.tsx"
import { EntryView } from "./entry.tsx"
import { filtersIn } from "./filters.ts"
import { ErrorsView } from "./log-errors.tsx"
import { Filters } from "./log-filters.tsx"
import { LogList } from "./log-list.tsx"
import { go, hereWith, useAddress } from "./location.tsx"
import { Choices } from "./parts.tsx"
import { Welcome } from "./welcome.tsx"

const failed = { key: "success", operator: "eq", value: ["false"] }

const views = [["", "Requests"], ["errors", "Errors and rescues"]] as const

export const RequestLogPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const search = searchParams.get("search") ?? ""
  const filters = filtersIn(searchParams.get("filters"))
  const view = searchParams.get("view") ?? ""
  const id = searchParams.get("entry")
  if (accounts.length === 0) return <Welcome />
  return (
    <>
      <Choices
        label="View"
        choices={views}
        chosen={view}
        onChoose={(value) => go(hereWith({ view: value, page: undefined, live: undefined }))}
      />
      <Filters filters={filters} search={search} />
      <ByGateway
        scope={scope}
        filters={view === "errors" ? [...filters, failed] : filters}
        gateways={accounts.find(({ id }) => id === scope.account)?.gateways ?? []}
      />
      {scope.gateway !== "" && (view === "errors"
        ? <ErrorsView key={scope.gateway} scope={scope} filters={filters} />
        : <LogList key={scope.gateway} scope={scope} filters={filters} search={search} />)}
      {id !== null && scope.gateway !== "" && <EntryView key={id} scope={scope} id={id} />}
    </>
  )
}
