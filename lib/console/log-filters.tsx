/**
 * Filters of the log, each of which stands in the address as the API takes it.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { go, hereWith } from "./location.tsx"
import { visible } from "./format.ts"
import type { Filter } from "./types.ts"

const kinds: Readonly<Record<string, ReadonlyArray<string>>> = {
  text: ["eq", "neq", "contains"],
  truth: ["eq"],
  number: ["eq", "neq", "lt", "gt"],
}
const keys: Readonly<Record<string, keyof typeof kinds>> = {
  model: "text",
  token: "text",
  deployment: "text",
  provider: "text",
  status_code: "number",
  success: "truth",
  ending: "text",
  cached: "truth",
  "metadata.key": "text",
  "metadata.value": "text",
  cost: "number",
  tokens: "number",
  tokens_in: "number",
  tokens_out: "number",
  duration: "number",
  feedback: "number",
  request_type: "text",
  event_id: "text",
  id: "text",
  user_agent: "text",
  authentication: "truth",
  compatibilityMode: "truth",
  request_content_type: "text",
  response_content_type: "text",
}
const words: Readonly<Record<string, string>> = {
  eq: "is",
  neq: "is not",
  contains: "contains",
  lt: "is less than",
  gt: "is more than",
}

/** The filters of an address; what is not one is left out. */
export const filtersIn = (text: string | null): ReadonlyArray<Filter> => {
  try {
    const parsed: unknown = JSON.parse(text ?? "[]")
    return (Array.isArray(parsed) ? parsed : []).map(Object).filter((filter): filter is Filter =>
      typeof filter.key === "string" && typeof filter.operator === "string" && Array.isArray(filter.value)
    )
  } catch {
    return []
  }
}

const put = (filters: ReadonlyArray<Filter>): void =>
  go(hereWith({ filters: filters.length === 0 ? undefined : JSON.stringify(filters), page: undefined }))

const NewFilter = ({ filters }: { readonly filters: ReadonlyArray<Filter> }) => {
  const [key, setKey] = useState("model")
  const operators = kinds[keys[key] ?? "text"] ?? []
  return (
    <form
      class="new-filter"
      aria-label="Add a filter"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const value = String(form.get("value") ?? "")
        if (value === "") return
        put([...filters, { key, operator: String(form.get("operator")), value: [value] }])
        event.currentTarget.reset()
      }}
    >
      <select aria-label="Filter by" value={key} onChange={({ currentTarget: { value } }) => setKey(value)}>
        {Object.keys(keys).map((name) => <option key={name}>{name}</option>)}
      </select>
      <select aria-label="How" name="operator">
        {operators.map((name) => <option key={name} value={name}>{words[name]}</option>)}
      </select>
      {keys[key] === "truth"
        ? (
          <select aria-label="Value" name="value">
            <option>true</option>
            <option>false</option>
          </select>
        )
        : <input aria-label="Value" name="value" placeholder="value" required />}
      <button type="submit">Add filter</button>
    </form>
  )
}

/** Searches, filters, and shows which filters hold. */
export const Filters = (
  { filters, search }: { readonly filters: ReadonlyArray<Filter>; readonly search: string },
) => {
  const success = filters.find(({ key, operator }) => key === "success" && operator === "eq")?.value[0]
  const only = (value: string | undefined): void => {
    const others = filters.filter(({ key }) => key !== "success")
    put(value === undefined ? others : [...others, { key: "success", operator: "eq", value: [value] }])
  }
  return (
    <div class="filters">
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          go(
            hereWith({
              search: String(new FormData(event.currentTarget).get("search") ?? ""),
              page: undefined,
            }),
          )
        }}
      >
        <input
          type="search"
          name="search"
          aria-label="Search"
          placeholder="Search ids, models, errors, metadata"
          defaultValue={search}
          key={search}
        />
        <button type="submit">Search</button>
      </form>
      <div class="spans" role="group" aria-label="Outcome">
        <button type="button" aria-pressed={success === undefined} onClick={() => only(undefined)}>
          All
        </button>
        <button type="button" aria-pressed={success === "true"} onClick={() => only("true")}>
          Succeeded
        </button>
        <button type="button" aria-pressed={success === "false"} onClick={() => only("false")}>Failed</button>
      </div>
      <NewFilter filters={filters} />
      {(filters.length > 0 || search !== "") && (
        <ul class="chips" aria-label="Filters that hold">
          {filters.map((filter, index) => (
            <li key={index}>
              <bdi>
                {visible(
                  `${filter.key} ${words[filter.operator] ?? filter.operator} ${filter.value.join(" or ")}`,
                )}
              </bdi>
              <button
                type="button"
                aria-label={`Remove the filter on ${filter.key}`}
                onClick={() => put(filters.filter((_, other) => other !== index))}
              >
                ×
              </button>
            </li>
          ))}
          {search !== "" && (
            <li>
              <bdi>{visible(`search: ${search}`)}</bdi>
              <button
                type="button"
                aria-label="Remove the search"
                onClick={() => go(hereWith({ search: undefined }))}
              >
                ×
              </button>
            </li>
          )}
          <li>
            <button
              type="button"
              class="quiet"
              onClick={() => go(hereWith({ filters: undefined, search: undefined, page: undefined }))}
            >
              Clear
            </button>
          </li>
        </ul>
      )}
    </div>
  )
}
