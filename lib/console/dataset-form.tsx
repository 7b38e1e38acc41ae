/**
 * Creates a dataset: its filters, how many requests match them now, and its name.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { getPage } from "./api.ts"
import type { Dataset } from "./evaluation-data.ts"
import { filterChips, logHref } from "./filters.ts"
import { count, visible } from "./format.ts"
import { FormDialog, NameField } from "./form-dialog.tsx"
import { Filters } from "./log-filters.tsx"
import { go, hereWith, Link } from "./location.tsx"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import type { Filter } from "./types.ts"
import { write } from "./write.ts"

/** Filters in words. */
export const FilterMarks = ({ filters }: { readonly filters: ReadonlyArray<Filter> }) =>
  filters.length === 0 ? <>every request</> : (
    <ul class="marks">
      {filterChips(filters).map(({ text }) => (
        <li class="mark" key={text}>
          <bdi>{visible(text)}</bdi>
        </li>
      ))}
    </ul>
  )

/** The form for a dataset's name. */
export const DatasetName = ({ path, dataset, filters, onClose, onDone }: {
  readonly path: string
  readonly dataset: Dataset | undefined
  readonly filters: ReadonlyArray<Filter>
  readonly onClose: () => void
  readonly onDone: () => void
}) => {
  const [name, setName] = useState(dataset?.name ?? "")
  return (
    <FormDialog
      title={dataset === undefined ? "New dataset" : `Rename ${visible(dataset.name)}`}
      action={dataset === undefined ? "Create" : "Rename"}
      onSend={async () => {
        const body = { name: name.trim(), enable: true, filters }
        if (dataset === undefined) await write("POST", `${path}/datasets`, body)
        else await write("PUT", `${path}/datasets/${dataset.id}`, body)
        onDone()
      }}
      onClose={onClose}
    >
      <NameField name={name} onName={setName} />
      <div class="note">
        It has: <FilterMarks filters={filters} />
      </div>
    </FormDialog>
  )
}

/** Excludes judges' calls, which belong to no dataset. */
const notJudges = { key: "request_type", operator: "neq", value: ["evaluation.judge"] }

/** Chooses the requests of a new dataset, by the same filters as in the log, and shows how many match now. */
export const DatasetChoice = ({ path, gateway, filters, onName }: {
  readonly path: string
  readonly gateway: string
  readonly filters: ReadonlyArray<Filter>
  readonly onName: () => void
}) => {
  const written = JSON.stringify(filters)
  const fitting = useLoaded(
    `${path} fitting ${written}`,
    (signal) =>
      getPage<unknown, { readonly total_count: number }>(
        `${path}/logs`,
        { filters: JSON.stringify([...filters, notJudges]), per_page: 1 },
        signal,
      ),
  )
  const total = fitting.value?.info.total_count
  return (
    <Panel
      title="Which requests"
      isBusy={fitting.isLoading}
      aside={
        <div class="row">
          <button type="button" onClick={() => go(hereWith({ new: undefined, filters: undefined }))}>
            Cancel
          </button>
          <button type="button" class="primary" onClick={onName}>Go on</button>
        </div>
      }
    >
      <Filters filters={filters} search="" isDataset />
      {fitting.error !== undefined && <Problem error={fitting.error} onRetry={fitting.reload} />}
      <p class="note" role="status">
        {total === undefined
          ? "…"
          : `${count(total)} ${total === 1 ? "request fits" : "requests fit"} by now`}
        {filters.length === 0 && total !== undefined && ": without a filter it has every request"}.{" "}
        <Link href={logHref({ gateway }, filters)}>Look at them in the log</Link>
      </p>
    </Panel>
  )
}
