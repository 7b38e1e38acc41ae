/**
 * Shows the active filters, each with a button to remove it.
 *
 * @module
 */
import { filterChips, filtersText } from "./filters.ts"
import { visible } from "./format.ts"
import { go, hereWith } from "./location.tsx"
import type { Filter } from "./types.ts"

const Chip = ({ text, name, onRemove }: {
  readonly text: string
  readonly name: string
  readonly onRemove: () => void
}) => (
  <li>
    <bdi>{visible(text)}</bdi>
    <button type="button" aria-label={`Remove ${name}`} onClick={onRemove}>×</button>
  </li>
)

/** The filters and the search text of the address; renders nothing if there are none. */
export const ActiveFilters = (
  { filters, search = "" }: { readonly filters: ReadonlyArray<Filter>; readonly search?: string },
) => {
  if (filters.length === 0 && search === "") return null
  return (
    <ul class="chips" aria-label="Filters that hold">
      {filterChips(filters).map(({ text, of }) => (
        <Chip
          key={text}
          text={text}
          name={`the filter: ${text}`}
          onRemove={() =>
            go(hereWith({
              filters: filtersText(filters.filter((filter) => !of.includes(filter))),
              page: undefined,
            }))}
        />
      ))}
      {search !== "" && (
        <Chip
          text={`search: ${search}`}
          name="the search"
          onRemove={() => go(hereWith({ search: undefined, page: undefined }))}
        />
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
  )
}
