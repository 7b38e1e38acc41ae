/**
 * A judge's verdicts, the worst first.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { type ListedVerdict, verdictText, whyNoVerdict } from "./evaluation-data.ts"
import { count } from "./format.ts"
import { hereWith, Link, pageHref } from "./location.tsx"
import { Badge, Table, Text } from "./parts.tsx"

/** The number of rows that are shown at first. */
const first = 20

/** A link to an entry of the log. */
export const EntryLink = ({ gateway, id, text }: {
  readonly gateway: string
  readonly id: string
  readonly text: string
}) => <Link href={pageHref("/console/log", { gateway, entry: id })}>{text}</Link>

/** A verdict, as a bar with a number, or as a word. */
export const Score = ({ value, form }: {
  readonly value: number | null
  readonly form: "score" | "pass" | undefined
}) =>
  form === "pass" && value !== null
    ? <Badge kind={value === 1 ? "good" : "bad"}>{verdictText(value, form)}</Badge>
    : (
      <span class="score">
        {value !== null && <meter min={0} max={1} value={value} aria-hidden="true" />}
        {verdictText(value, form)}
      </span>
    )

export const VerdictTable = ({ gateway, verdicts, form, label }: {
  readonly gateway: string
  readonly verdicts: ReadonlyArray<ListedVerdict>
  readonly form: "score" | "pass" | undefined
  readonly label: string
}) => {
  const [most, setMost] = useState(first)
  const sorted = verdicts.toSorted((one, other) => (one.verdict ?? -1) - (other.verdict ?? -1))
  return (
    <>
      <Table
        label={label}
        class="verdicts"
        heads={["Verdict", "Why", "Request", "Judge's call"]}
      >
        {sorted.slice(0, most).map(({ entry, call, verdict, problem, reason }) => (
          <tr key={entry}>
            <td>
              {problem === null ? <Score value={verdict} form={form} /> : <Badge kind="left">none</Badge>}
            </td>
            <td class="why">
              <Text>
                {problem === null ? reason : [whyNoVerdict(problem), reason ?? ""].filter(Boolean).join(": ")}
              </Text>
            </td>
            <td>
              <EntryLink gateway={gateway} id={entry} text={`…${entry.slice(-8)}`} />
            </td>
            <td>
              <EntryLink gateway={gateway} id={call} text={`…${call.slice(-8)}`} />
            </td>
          </tr>
        ))}
      </Table>
      {sorted.length > most && (
        <div class="row">
          <button type="button" onClick={() => setMost(most + 100)}>
            Show more of {count(sorted.length)}
          </button>
        </div>
      )}
    </>
  )
}

/** The address of the log with only a run's calls. */
export const callsHref = (gateway: string, run: string): string =>
  pageHref("/console/log", {
    gateway,
    filters: JSON.stringify([
      { key: "metadata.key", operator: "eq", value: ["run"] },
      { key: "metadata.value", operator: "eq", value: [run] },
    ]),
  })

/** A link back to the list of evaluations. */
export const Back = () => (
  <Link class="back" href={hereWith({ evaluation: undefined, with: undefined })}>All evaluations</Link>
)
