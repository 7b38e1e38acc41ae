/**
 * The differences between two versions of something.
 *
 * @module
 */
import { visible } from "./format.ts"

/** A named value before and after; `undefined` if it is missing. */
export interface Difference {
  readonly name: string
  readonly before: unknown
  readonly after: unknown
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** The members in which two objects differ. */
const differences = (before: unknown, after: unknown): ReadonlyArray<Difference> => {
  const [old, now] = [Object(before), Object(after)] as [Record<string, unknown>, Record<string, unknown>]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
    .filter((name) => !same(old[name], now[name]))
    .map((name) => ({ name, before: old[name], after: now[name] }))
}

const linesOf = (value: unknown): ReadonlyArray<string> =>
  value === undefined ? [] : (typeof value === "string" ? value : JSON.stringify(value, null, 2)).split("\n")

type Line = readonly [sign: " " | "+" | "−", text: string]

/** The most lines that are compared one by one. */
const mostLines = 600

/** A line diff by the longest common subsequence. */
const diffLines = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>,
): ReadonlyArray<Line> => {
  if (before.length > mostLines || after.length > mostLines) {
    return [...before.map((text): Line => ["−", text]), ...after.map((text): Line => ["+", text])]
  }
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1))
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const row = lengths[i]
      if (row === undefined) continue
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Array<Line> = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push([" ", before[i] ?? ""])
      i++
      j++
    } else if (i < before.length && (j >= after.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(["−", before[i++] ?? ""])
    } else lines.push(["+", after[j++] ?? ""])
  }
  return lines
}

const words = { "+": "added: ", "−": "removed: ", " ": "" }

/** Shows what changed, member by member, as lines. */
export const DiffView = (
  { before, after, label }: { readonly before: unknown; readonly after: unknown; readonly label: string },
) => {
  const changed = differences(before, after)
  if (changed.length === 0) return <p class="note">Nothing differs.</p>
  return (
    <div class="diff" role="region" aria-label={label} tabIndex={0}>
      {changed.map(({ name, before, after }) => (
        <section key={name}>
          <h4>
            <bdi>{visible(name)}</bdi>
          </h4>
          <pre>
            {diffLines(linesOf(before), linesOf(after)).map(([sign, text], index) => (
              <span key={index} class={sign === "+" ? "added" : sign === "−" ? "removed" : ""}>
                <span aria-hidden="true">{sign} </span>
                <span class="heard">{words[sign]}</span>
                {visible(text)}
                {"\n"}
              </span>
            ))}
          </pre>
        </section>
      ))}
    </div>
  )
}
