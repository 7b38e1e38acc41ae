/**
 * Two evaluations side by side: the results by evaluator, and the requests that a judge judged differently.
 *
 * @module
 */
import { get } from "./api.ts"
import {
  type Evaluation,
  type EvaluationType,
  figure,
  isLessBetter,
  type ListedVerdict,
  loadTypes,
  nameOf,
  numberOf,
  type Result,
} from "./evaluation-data.ts"
import { count, unknown, visible } from "./format.ts"
import { hereWith, Link } from "./location.tsx"
import { Badge, Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import { Back, EntryLink, Score } from "./verdict-table.tsx"

/** The most changed requests to show, the greatest changes first. */
const most = 100

interface Side {
  readonly evaluation: Evaluation
  readonly verdicts: ReadonlyArray<ListedVerdict>
}

const loadSide = async (path: string, id: string, signal: AbortSignal): Promise<Side> => {
  const [evaluation, verdicts] = await Promise.all([
    get<Evaluation>(`${path}/evaluations/${id}`, {}, signal),
    get<ReadonlyArray<ListedVerdict>>(`${path}/evaluations/${id}/verdicts`, {}, signal),
  ])
  return { evaluation, verdicts }
}

const Difference = (
  { one, other }: { readonly one: Result | undefined; readonly other: Result | undefined },
) => {
  const [before, after] = [one && numberOf(one), other && numberOf(other)]
  if (one === undefined || before == null || after == null) return <>{unknown}</>
  const change = after - before
  if (Math.abs(change) < 1e-9) return <span class="note">the same</span>
  const sign = change > 0 ? "+" : "−"
  const text = `${sign}${figure(one, Math.abs(change))}`
  // Smaller changes are not highlighted.
  if (Math.abs(change) < 0.01 * Math.max(Math.abs(before), Math.abs(after))) {
    return <span class="note">{text}</span>
  }
  const isBetter = (change < 0) === isLessBetter(one.evaluation_type_id)
  return (
    <span class={isBetter ? "better" : "worse"}>
      {text} <Badge kind={isBetter ? "good" : "bad"}>{isBetter ? "better" : "worse"}</Badge>
    </span>
  )
}

const resultOf = ({ evaluation: { results } }: Side, id: string): Result | undefined =>
  results.find(({ evaluation_type_id }) => evaluation_type_id === id)

const Figures = ({ sides: [left, right], types }: {
  readonly sides: readonly [Side, Side]
  readonly types: ReadonlyArray<EvaluationType>
}) => {
  const all = [...left.evaluation.results, ...right.evaluation.results]
  const ids = [...new Set(all.map(({ evaluation_type_id }) => evaluation_type_id))]
  return (
    <Table
      label="Figures side by side"
      class="stack"
      heads={["Evaluator", "#A", "#B", "#B against A"]}
    >
      {ids.map((id) => {
        const [one, other] = [resultOf(left, id), resultOf(right, id)]
        const named = one ?? other
        return (
          <tr key={id}>
            <th scope="row">
              <Text>{named === undefined ? id : nameOf(named, types)}</Text>
            </th>
            {[one, other].map((result, at) => (
              <td class="number" key={at} data-label={"AB"[at]}>
                <b>{result === undefined ? unknown : figure(result, numberOf(result))}</b>{" "}
                <div class="note">
                  {result === undefined ? "not asked" : `of ${count(result.total_logs)}`}
                </div>
              </td>
            ))}
            <td class="number" data-label="B against A">
              <Difference one={one} other={other} />
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

const Changes = ({ gateway, sides: [left, right], id, types }: {
  readonly gateway: string
  readonly sides: readonly [Side, Side]
  readonly id: string
  readonly types: ReadonlyArray<EvaluationType>
}) => {
  const own = ({ verdicts }: Side) =>
    new Map(verdicts.filter((one) => one.evaluation_type_id === id).map((one) => [one.entry, one] as const))
  const [before, after] = [own(left), own(right)]
  const result = resultOf(left, id) ?? resultOf(right, id)
  if (result === undefined) return null
  const both = [...before].flatMap(([entry, one]) => {
    const other = after.get(entry)
    return other === undefined ? [] : [{ entry, one: one.verdict, other: other.verdict }]
  })
  const judged = both.filter(({ one, other }) => one !== null && other !== null)
  const changed = both.filter(({ one, other }) => one !== other)
    .toSorted((one, other) => Math.abs(sizeOf(other)) - Math.abs(sizeOf(one)))
  const better = judged.filter((one) => sizeOf(one) > 0).length
  const worse = judged.filter((one) => sizeOf(one) < 0).length
  const form = result.judge?.verdict
  return (
    <Panel title={`${visible(nameOf(result, types))}: which requests changed`}>
      <ul class="figures wide">
        <li>
          Better <b>{count(better)}</b>
        </li>
        <li>
          Worse <b>{count(worse)}</b>
        </li>
        <li>
          The same <b>{count(both.length - changed.length)}</b>
        </li>
        <li>
          Only in A <b>{count(before.size - both.length)}</b>
        </li>
        <li>
          Only in B <b>{count(after.size - both.length)}</b>
        </li>
      </ul>
      {changed.length === 0
        ? (
          <p class="note">
            {both.length === 0
              ? "No request was judged in both, as far as the judges' calls are still in the log."
              : "Every request that was judged in both got the same verdict."}
          </p>
        )
        : (
          <Table label="Requests that changed" class="verdicts" heads={["Request", "A", "B", "#Change"]}>
            {changed.slice(0, most).map((row) => (
              <tr key={row.entry}>
                <th scope="row">
                  <EntryLink gateway={gateway} id={row.entry} text={`…${row.entry.slice(-8)}`} />
                </th>
                <td>
                  <Score value={row.one} form={form} />
                </td>
                <td>
                  <Score value={row.other} form={form} />
                </td>
                <td class={`number ${sizeOf(row) < 0 ? "worse" : "better"}`}>
                  {row.one === null || row.other === null
                    ? unknown
                    : form === "pass"
                    ? sizeOf(row) > 0 ? "passes now" : "fails now"
                    : `${sizeOf(row) > 0 ? "+" : "−"}${Math.abs(sizeOf(row)).toFixed(2)}`}
                </td>
              </tr>
            ))}
          </Table>
        )}
      {changed.length > most && <p class="note">The {most} greatest changes of {count(changed.length)}.</p>}
    </Panel>
  )
}

const sizeOf = ({ one, other }: { readonly one: number | null; readonly other: number | null }): number =>
  one === null || other === null ? 0 : other - one

export const Compare = ({ account, gateway, path, ids: [left, right] }: {
  readonly account: string
  readonly gateway: string
  readonly path: string
  readonly ids: readonly [string, string]
}) => {
  const loaded = useLoaded(
    `${path} compare ${left} ${right}`,
    (signal) => Promise.all([loadSide(path, left, signal), loadSide(path, right, signal)]),
  )
  const types = useLoaded(`${account} types`, (signal) => loadTypes(account, signal))
  const sides = loaded.value
  const judges = sides === undefined ? [] : [
    ...new Set(
      sides.flatMap(({ evaluation }) => evaluation.results)
        .filter(({ judge }) => judge !== undefined).map(({ evaluation_type_id }) => evaluation_type_id),
    ),
  ]
  return (
    <>
      <Back />
      {loaded.error !== undefined && <Problem error={loaded.error} onRetry={loaded.reload} />}
      {sides === undefined && loaded.error === undefined && <p role="status">Loading…</p>}
      {sides !== undefined && (
        <>
          <Panel
            title="Side by side"
            isBusy={loaded.isLoading}
            aside={
              <Link class="button" href={hereWith({ evaluation: right, with: left })}>Swap A and B</Link>
            }
          >
            <ul class="figures wide">
              {sides.map(({ evaluation: { id, name, datasets, total_logs, run, modified_at } }, at) => (
                <li key={id}>
                  {"AB"[at]}:{" "}
                  <Link href={hereWith({ evaluation: id, with: undefined })}>
                    <Text>{name}</Text>
                  </Link>, {count(total_logs)} of{" "}
                  <Text>{datasets.map(({ name }) => name).join(", ")}</Text>,{" "}
                  <Time at={run?.started_at ?? modified_at} />
                </li>
              ))}
            </ul>
            <Figures sides={sides} types={types.value ?? []} />
          </Panel>
          {judges.map((id) => (
            <Changes key={id} gateway={gateway} sides={sides} id={id} types={types.value ?? []} />
          ))}
        </>
      )}
    </>
  )
}
