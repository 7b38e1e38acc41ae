/**
 * One evaluation: its progress, its results, and its judges' verdicts on each request.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { get } from "./api.ts"
import { useDoing } from "./dialog.tsx"
import { Confirm } from "./form-dialog.tsx"
import { Download } from "./download.tsx"
import {
  type Evaluation,
  type EvaluationType,
  figure,
  type ListedVerdict,
  loadEvaluations,
  loadTypes,
  nameOf,
  numberOf,
} from "./evaluation-data.ts"
import { State } from "./evaluation-state.tsx"
import { count, visible } from "./format.ts"
import { go, hereWith } from "./location.tsx"
import { Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import { JudgePanel } from "./judge-panel.tsx"
import { Back } from "./verdict-table.tsx"
import { write } from "./write.ts"
import { useCanWrite } from "./session.ts"

const often = 1_500

const Actions = ({ path, evaluation, onChange }: {
  readonly path: string
  readonly evaluation: Evaluation
  readonly onChange: () => void
}) => {
  const doing = useDoing()
  const [isAsking, setAsking] = useState(false)
  const own = `${path}/evaluations/${evaluation.id}`
  const act = (method: "rerun" | "cancel", body?: object) => () =>
    doing.run(async () => {
      await write("POST", `${own}/${method}`, body)
      onChange()
    })
  return (
    <>
      <div class="row">
        {evaluation.processed
          ? (
            <>
              {evaluation.run?.state === "stopped" && (
                <button type="button" disabled={doing.isBusy} onClick={act("rerun", { continue: true })}>
                  Carry on
                </button>
              )}
              <button type="button" disabled={doing.isBusy} onClick={act("rerun")}>Run again</button>
            </>
          )
          : <button type="button" disabled={doing.isBusy} onClick={act("cancel")}>Cancel the run</button>}
        <button type="button" class="quiet" onClick={() => setAsking(true)}>Delete</button>
      </div>
      {doing.problem !== undefined && <Problem error={doing.problem} />}
      {isAsking && (
        <Confirm
          title={`Delete ${visible(evaluation.name)}`}
          action="Delete the evaluation"
          onClose={() => setAsking(false)}
          onDo={() => write("DELETE", own)}
          onDone={() => go(hereWith({ evaluation: undefined, with: undefined }))}
        >
          <p>What it has found goes with it. The requests stay in the log, and so do the judges' calls.</p>
        </Confirm>
      )}
    </>
  )
}

const Results = ({ evaluation, types }: {
  readonly evaluation: Evaluation
  readonly types: ReadonlyArray<EvaluationType>
}) => (
  <Table label="Results" class="stack" heads={["Evaluator", "#Result", "#Of requests", ""]}>
    {evaluation.results.map((result) => (
      <tr key={result.evaluation_type_id}>
        <th scope="row">
          <Text>{nameOf(result, types)}</Text>
        </th>
        <td class="number" data-label="Result">
          <b>{figure(result, numberOf(result))}</b>
        </td>
        <td class="number" data-label="Of requests">{count(result.total_logs)}</td>
        <td class="note wide-only">
          {result.judge === undefined
            ? types.find(({ id }) => id === result.evaluation_type_id)?.description
            : result.status_description}
        </td>
      </tr>
    ))}
  </Table>
)

/** Puts two evaluations in order: the earlier one is A. */
const inOrder = (one: Evaluation, others: ReadonlyArray<Evaluation>, id: string) => {
  const other = others.find((each) => each.id === id)
  return other !== undefined && other.created_at > one.created_at
    ? { evaluation: one.id, with: id }
    : { evaluation: id, with: one.id }
}

export const EvaluationView = ({ account, gateway, path, id }: {
  readonly account: string
  readonly gateway: string
  readonly path: string
  readonly id: string
}) => {
  const canWrite = useCanWrite()
  const [isRunning, setRunning] = useState(false)
  const loaded = useLoaded(`${path} evaluation ${id}`, async (signal) => {
    const evaluation = await get<Evaluation>(`${path}/evaluations/${id}`, {}, signal)
    setRunning(!evaluation.processed)
    return evaluation
  }, isRunning ? often : undefined)
  const evaluation = loaded.value ?? loaded.last
  const types = useLoaded(`${account} types`, (signal) => loadTypes(account, signal))
  const others = useLoaded(`${path} evaluations`, (signal) => loadEvaluations(path, signal))
  const judged = evaluation?.results.reduce(
    (sum, { judge }) => sum + (judge?.judged ?? 0) + (judge?.failed ?? 0),
    0,
  )
  const verdicts = useLoaded(
    evaluation === undefined || evaluation.run === null
      ? ""
      : `${path} verdicts ${evaluation.run.id} ${judged} ${evaluation.processed}`,
    (signal) => get<ReadonlyArray<ListedVerdict>>(`${path}/evaluations/${id}/verdicts`, {}, signal),
  )
  if (evaluation === undefined) {
    return (
      <>
        <Back />
        {loaded.error === undefined
          ? <p role="status">Loading…</p>
          : <Problem error={loaded.error} onRetry={loaded.reload} />}
      </>
    )
  }
  const comparable = (others.value ?? []).filter((other) => other.id !== id)
  return (
    <>
      <Back />
      <div class="row head">
        <h2 class="name">
          <Text>{evaluation.name}</Text>
        </h2>
        <State evaluation={evaluation} />
        <span class="grow" />
        {canWrite && <Actions path={path} evaluation={evaluation} onChange={loaded.reload} />}
      </div>
      {loaded.error !== undefined && <Problem error={loaded.error} onRetry={loaded.reload} />}
      <Panel
        title={`${count(evaluation.total_logs)} ${evaluation.total_logs === 1 ? "request" : "requests"} of ${
          evaluation.datasets.map(({ name }) => visible(name)).join(", ")
        }`}
        isBusy={loaded.isLoading && !isRunning}
        aside={
          <div class="row">
            {comparable.length > 0 && (
              <label class="beside">
                <span class="note">Compare with</span>
                <select
                  value=""
                  onChange={({ currentTarget: { value } }) =>
                    value !== "" && go(hereWith(inOrder(evaluation, comparable, value)))}
                >
                  <option value="">…</option>
                  {comparable.map(({ id, name }) => <option key={id} value={id}>{visible(name)}</option>)}
                </select>
              </label>
            )}
            {evaluation.run !== null && (
              <Download
                path={`${path}/evaluations/${id}/verdicts`}
                parameters={{ format: "ndjson" }}
                name={`${gateway}-verdicts.jsonl`}
                label="Verdicts as JSONL"
              />
            )}
          </div>
        }
      >
        <p class="note">
          Run <Time at={evaluation.run?.started_at ?? evaluation.modified_at} />
        </p>
        <Results evaluation={evaluation} types={types.value ?? []} />
      </Panel>
      {verdicts.error !== undefined && <Problem error={verdicts.error} onRetry={verdicts.reload} />}
      {evaluation.results.filter(({ judge }) => judge !== undefined).map((result) => (
        <JudgePanel
          key={result.evaluation_type_id}
          gateway={gateway}
          evaluation={evaluation}
          result={result}
          verdicts={verdicts.value ?? verdicts.last ?? []}
        />
      ))}
    </>
  )
}
