/**
 * The results of one judge: how many requests it judged, and its verdict on each.
 *
 * @module
 */
import {
  type Evaluation,
  figure,
  type ListedVerdict,
  numberOf,
  type Result,
  whyNoVerdict,
} from "./evaluation-data.ts"
import { count, money, visible } from "./format.ts"
import { Link } from "./location.tsx"
import { Panel, Text } from "./parts.tsx"
import { callsHref, VerdictTable } from "./verdict-table.tsx"

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

export const JudgePanel = ({ gateway, evaluation, result, verdicts }: {
  readonly gateway: string
  readonly evaluation: Evaluation
  readonly result: Result
  readonly verdicts: ReadonlyArray<ListedVerdict>
}) => {
  const { judge, evaluation_type_id: id, status_description } = result
  if (judge === undefined) return null
  const own = verdicts.filter((one) => one.evaluation_type_id === id)
  const failures = Object.entries(judge.failures).map(([problem, many]) =>
    `${count(many)} ${whyNoVerdict(problem)}`
  )
  return (
    <Panel
      title={`Judge: ${visible(judge.name)}`}
      aside={evaluation.run !== null && (
        <Link href={callsHref(gateway, evaluation.run.id)}>Its calls in the log</Link>
      )}
    >
      <dl class="facts inline">
        <Fact
          name={judge.verdict === "pass" ? "Passed" : "Average score"}
          value={figure(result, numberOf(result))}
        />
        <Fact name="Judged" value={count(judge.judged)} />
        <Fact name="Failed" value={count(judge.failed)} />
        <Fact name="Without kept bodies" value={count(judge.skipped.no_body)} />
        <Fact name="Not a success" value={count(judge.skipped.no_success)} />
        <Fact name="Not looked at" value={count(judge.left)} />
        <Fact
          name="Cost"
          value={`${money(judge.cost)}${judge.unpriced > 0 ? ` + ${count(judge.unpriced)} unpriced` : ""}`}
        />
      </dl>
      <p class="note">
        <Text>{judge.model}</Text>. {evaluation.processed ? status_description : "Running."}
        {failures.length > 0 && ` Failed: ${failures.join(", ")}.`}
      </p>
      {own.length > 0 && (
        <VerdictTable
          gateway={gateway}
          verdicts={own}
          form={judge.verdict}
          label={`Verdicts of ${visible(judge.name)}`}
        />
      )}
      {own.length === 0 && evaluation.processed && judge.judged > 0 && (
        <p class="note">The judge's calls are no longer in the log.</p>
      )}
    </Panel>
  )
}
