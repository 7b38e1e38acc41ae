/**
 * The evaluations of a gateway: listing, creating, rerunning and deleting them.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { Confirm } from "./form-dialog.tsx"
import {
  type Evaluation,
  figure,
  loadDatasets,
  loadEvaluations,
  loadTypes,
  nameOf,
  numberOf,
} from "./evaluation-data.ts"
import { EvaluationForm } from "./evaluation-form.tsx"
import { State } from "./evaluation-state.tsx"
import { count, visible } from "./format.ts"
import { ChangeColumn, RowButtons, titled, WhyReadOnly } from "./list-parts.tsx"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import { write } from "./write.ts"
import { useCanWrite } from "./session.ts"

/** How often running evaluations are polled, in milliseconds. */
const often = 1_500

const judgesFirst = ({ results }: Evaluation) => [
  ...results.filter(({ judge }) => judge !== undefined),
  ...results.filter(({ judge }) => judge === undefined),
]

export const EvaluationList = ({ account, gateway, path }: {
  readonly account: string
  readonly gateway: string
  readonly path: string
}) => {
  const { searchParams } = useAddress()
  const canWrite = useCanWrite()
  const [isRunning, setRunning] = useState(false)
  const [deleted, setDeleted] = useState<Evaluation | undefined>(undefined)
  const list = useLoaded(`${path} evaluations`, async (signal) => {
    const all = await loadEvaluations(path, signal)
    setRunning(all.some(({ processed }) => !processed))
    return all
  }, isRunning ? often : undefined)
  const datasets = useLoaded(`${path} datasets`, (signal) => loadDatasets(path, signal))
  const types = useLoaded(`${account} types`, (signal) => loadTypes(account, signal))
  const evaluations = list.value ?? []
  const isNew = searchParams.get("new") === "1"
  const hasDatasets = datasets.value !== undefined && datasets.value.length > 0
  return (
    <Panel
      title={titled(list.value?.length, "evaluation", "evaluations")}
      aside={canWrite && hasDatasets && (
        <button
          type="button"
          class="primary"
          onClick={() => go(hereWith({ new: "1" }))}
        >
          New evaluation
        </button>
      )}
    >
      <WhyReadOnly what="evaluations" />
      {[list, datasets, types].filter(({ error }) => error !== undefined)
        .map(({ error, reload }) => <Problem key={String(error)} error={error} onRetry={reload} />)}
      {list.value === undefined && list.error === undefined && <p role="status">Loading…</p>}
      {list.value !== undefined && evaluations.length === 0 && (
        <div class="empty">
          <p>
            An evaluation looks at the requests of a dataset: what they cost, how long they took, how many
            failed, and, with a judge, how good their answers are.
          </p>
          {datasets.value !== undefined && !hasDatasets && (
            <p>
              It begins with a dataset: requests that you choose by filters.{" "}
              <Link href={hereWith({ tab: "datasets", new: "1" })}>Make one</Link>.
            </p>
          )}
        </div>
      )}
      {evaluations.length > 0 && (
        <Table
          label="Evaluations"
          class="stack"
          heads={["Name", "State", "Datasets", "#Requests", "Results", "Run"]}
          last={canWrite && <ChangeColumn />}
        >
          {evaluations.map((evaluation) => (
            <tr key={evaluation.id}>
              <th scope="row">
                <Link href={hereWith({ evaluation: evaluation.id })}>
                  <Text>{evaluation.name}</Text>
                </Link>
              </th>
              <td data-label="State">
                <State evaluation={evaluation} />
              </td>
              <td data-label="Datasets">
                <Text>{evaluation.datasets.map(({ name }) => name).join(", ")}</Text>
              </td>
              <td data-label="Requests" class="number">{count(evaluation.total_logs)}</td>
              <td data-label="Results">
                <ul class="figures">
                  {judgesFirst(evaluation).slice(0, 4).map((result) => (
                    <li key={result.evaluation_type_id}>
                      <Text>{nameOf(result, types.value ?? [])}</Text>{" "}
                      <b>{figure(result, numberOf(result))}</b>
                    </li>
                  ))}
                  {evaluation.results.length > 4 && <li>{evaluation.results.length - 4} more</li>}
                </ul>
              </td>
              <td data-label="Run">
                <Time at={evaluation.run?.started_at ?? evaluation.modified_at} />
              </td>
              {canWrite && (
                <RowButtons
                  name={evaluation.name}
                  actions={{ Delete: () => setDeleted(evaluation) }}
                />
              )}
            </tr>
          ))}
        </Table>
      )}
      {isNew && canWrite && hasDatasets && types.value !== undefined && (
        <EvaluationForm
          path={path}
          gateway={gateway}
          datasets={datasets.value ?? []}
          types={types.value}
          onClose={() => go(hereWith({ new: undefined }))}
          onDone={(id) => go(hereWith({ new: undefined, evaluation: id }))}
        />
      )}
      {deleted !== undefined && (
        <Confirm
          title={`Delete ${visible(deleted.name)}`}
          action="Delete the evaluation"
          onClose={() => setDeleted(undefined)}
          onDone={list.reload}
          onDo={() => write("DELETE", `${path}/evaluations/${deleted.id}`)}
        >
          <p>What it has found goes with it. The requests stay in the log, and so do the judges' calls.</p>
        </Confirm>
      )}
    </Panel>
  )
}
