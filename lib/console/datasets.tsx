/**
 * Datasets: requests of the log, selected by filters. They can be created, changed, exported as examples, and
 * deleted.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { Download } from "./download.tsx"
import { DatasetChoice, DatasetName, FilterMarks } from "./dataset-form.tsx"
import { Confirm } from "./form-dialog.tsx"
import { type Dataset, loadDatasets } from "./evaluation-data.ts"
import { filtersIn } from "./filters.ts"
import { visible } from "./format.ts"
import { ChangeColumn, RowButtons, titled, WhyReadOnly } from "./list-parts.tsx"
import { go, hereWith, Link, pageHref, useAddress } from "./location.tsx"
import { Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import type { Filter } from "./types.ts"
import { write } from "./write.ts"
import { useCanWrite } from "./session.ts"

/** The filters of a dataset in the form of the address. */
const filtersOf = ({ filters }: Dataset): ReadonlyArray<Filter> =>
  filters.map(({ key, operator, value }) => ({ key, operator, value: value.map((one) => String(one ?? "")) }))

export const Datasets = ({ gateway, path }: { readonly gateway: string; readonly path: string }) => {
  const { searchParams } = useAddress()
  const canWrite = useCanWrite()
  const [named, setNamed] = useState<{ readonly dataset?: Dataset } | undefined>(undefined)
  const [deleted, setDeleted] = useState<Dataset | undefined>(undefined)
  const list = useLoaded(`${path} datasets`, (signal) => loadDatasets(path, signal))
  const datasets = list.value ?? []
  const filters = filtersIn(searchParams.get("filters"))
  const isNew = canWrite && searchParams.get("new") === "1"
  return (
    <>
      {isNew && <DatasetChoice path={path} gateway={gateway} filters={filters} onName={() => setNamed({})} />}
      <Panel
        title={titled(list.value?.length, "dataset", "datasets")}
        aside={canWrite && !isNew && (
          <button
            type="button"
            class="primary"
            onClick={() => go(hereWith({ new: "1" }))}
          >
            New dataset
          </button>
        )}
      >
        <WhyReadOnly what="datasets" />
        {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
        {list.value === undefined && list.error === undefined && <p role="status">Loading…</p>}
        {list.value !== undefined && datasets.length === 0 && (
          <div class="empty">
            <p>
              A dataset is requests of the log that fit some filters, also those that are still to come: a
              team's, a model's, those with a thumb down. Evaluations look at them, and their chats can be
              exported for fine-tuning.
            </p>
          </div>
        )}
        {datasets.length > 0 && (
          <Table
            label="Datasets"
            class="stack"
            heads={["Name", "Requests", "Changed", "Examples"]}
            last={canWrite && <ChangeColumn />}
          >
            {datasets.map((dataset) => (
              <tr key={dataset.id}>
                <th scope="row">
                  <Link
                    href={pageHref("/console/log", { gateway, filters: JSON.stringify(filtersOf(dataset)) })}
                  >
                    <Text>{dataset.name}</Text>
                  </Link>
                </th>
                <td data-label="Requests">
                  <FilterMarks filters={filtersOf(dataset)} />
                </td>
                <td data-label="Changed">
                  <Time at={dataset.modified_at} />
                </td>
                <td data-label="Examples">
                  <Download
                    path={`${path}/datasets/${dataset.id}/examples`}
                    parameters={{}}
                    name={`${gateway}-${dataset.name.replaceAll(/[^\w-]+/g, "-")}.jsonl`}
                    label="JSONL"
                  />
                </td>
                {canWrite && (
                  <RowButtons
                    name={dataset.name}
                    actions={{ Rename: () => setNamed({ dataset }), Delete: () => setDeleted(dataset) }}
                  />
                )}
              </tr>
            ))}
          </Table>
        )}
        {datasets.length > 0 && (
          <p class="note">
            Examples are chats that succeeded and whose bodies were kept whole, in the form that fine-tuning
            takes.
          </p>
        )}
      </Panel>
      {named !== undefined && (
        <DatasetName
          path={path}
          dataset={named.dataset}
          filters={named.dataset === undefined ? filters : filtersOf(named.dataset)}
          onClose={() => setNamed(undefined)}
          onDone={() => {
            setNamed(undefined)
            go(hereWith({ new: undefined, filters: undefined }))
            list.reload()
          }}
        />
      )}
      {deleted !== undefined && (
        <Confirm
          title={`Delete ${visible(deleted.name)}`}
          action="Delete the dataset"
          onClose={() => setDeleted(undefined)}
          onDone={list.reload}
          onDo={() => write("DELETE", `${path}/datasets/${deleted.id}`)}
        >
          <p>Its requests stay in the log, and evaluations keep what they have found in them.</p>
        </Confirm>
      )}
    </>
  )
}
