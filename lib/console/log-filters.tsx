/**
 * The search and the filters of the log. The address keeps them in the form of the API.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { type FilterKind, filtersText, keys, metadataFilters, operators, words } from "./filters.ts"
import { ActiveFilters } from "./active-filters.tsx"
import { go, hereWith } from "./location.tsx"
import type { Filter } from "./types.ts"

const put = (filters: ReadonlyArray<Filter>): void =>
  go(hereWith({ filters: filtersText(filters), page: undefined }))

const endings = [
  "complete",
  "client_left",
  "upstream_cut",
  "idle",
  "first_byte_timeout",
  "total_timeout",
  "draining",
  "blocked",
]
/** All values of keys that have a fixed set. */
const closed: Readonly<Record<string, ReadonlyArray<string>>> = {
  ending: endings,
  rescued: ["retry", "fallback"],
  dlp_action: ["FLAG", "MASK_RESTORE", "MASK", "BLOCK"],
  guardrails_action: ["FLAG", "BLOCK", "unavailable"],
}

const Value = ({ name, kind }: { readonly name: string; readonly kind: FilterKind }) => {
  const choices = kind === "truth" ? ["true", "false"] : closed[name]
  if (choices !== undefined) {
    return (
      <select aria-label="Value" name="value" key={name}>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {kind === "truth" ? choice === "true" ? "yes" : "no" : choice.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    )
  }
  return (
    <>
      {kind === "metadata" && <input aria-label="Metadata key" name="name" placeholder="key" required />}
      <input
        aria-label="Value"
        name="value"
        placeholder="value"
        required
        {...(kind === "number" && { type: "number", step: "any" })}
      />
    </>
  )
}

const NewFilter = ({ filters }: { readonly filters: ReadonlyArray<Filter> }) => {
  const [key, setKey] = useState("model")
  const [kind] = keys[key] ?? ["text", ""]
  return (
    <form
      class="new-filter"
      aria-label="Add a filter"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const [name, operator, value] = ["name", "operator", "value"].map((part) => String(form.get(part)))
        if (value === undefined || value === "") return
        const added = kind === "metadata"
          ? metadataFilters(name ?? "", operator ?? "eq", value)
          : [{ key, operator: operator ?? "eq", value: [value] }]
        put([...filters, ...added])
        event.currentTarget.reset()
      }}
    >
      <select aria-label="Filter by" value={key} onChange={({ currentTarget: { value } }) => setKey(value)}>
        {Object.entries(keys).map(([value, [, name]]) => <option key={value} value={value}>{name}</option>)}
      </select>
      <select aria-label="How" name="operator" key={kind}>
        {operators[kind].map((name) => <option key={name} value={name}>{words[name]}</option>)}
      </select>
      <Value name={key} kind={kind} />
      <button type="submit">Add filter</button>
    </form>
  )
}

/** The search, the form to add filters, and the active filters. */
export const Filters = (
  { filters, search, isDataset = false }: {
    readonly filters: ReadonlyArray<Filter>
    readonly search: string
    /** Whether it is for a dataset, which has filters but no search. */
    readonly isDataset?: boolean
  },
) => {
  const success = filters.find(({ key, operator }) => key === "success" && operator === "eq")?.value[0]
  const only = (value: string | undefined): void => {
    const others = filters.filter(({ key }) => key !== "success")
    put(value === undefined ? others : [...others, { key: "success", operator: "eq", value: [value] }])
  }
  return (
    <div class="filters">
      {!isDataset && (
        <form
          role="search"
          onSubmit={(event) => {
            event.preventDefault()
            const text = String(new FormData(event.currentTarget).get("search") ?? "")
            go(hereWith({ search: text, page: undefined }))
          }}
        >
          <input
            type="search"
            name="search"
            aria-label="Search"
            placeholder="Ids, models, errors, metadata"
            defaultValue={search}
            key={search}
          />
          <button type="submit">Search</button>
        </form>
      )}
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
      <ActiveFilters filters={filters} search={search} />
    </div>
  )
}
