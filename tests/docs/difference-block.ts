/** The differences between runtimes that the contract suite has flags for, as a table and its notes. */
import { readFileSync } from "node:fs"
import { type Flags, flags } from "../contract/flags.ts"

const file = "tests/contract/flags.ts"
const runtimes = [["bun", "Bun"], ["deno", "Deno"], ["node", "Node"], ["workerd", "workerd"]] as const

/** The comment of each flag: a title that reads as what a runtime does, and the reason for the difference. */
const comments = (): ReadonlyArray<
  { readonly name: keyof Flags; readonly title: string; readonly why: string }
> => {
  const [, body = ""] = /export interface Flags \{\n([^]*?)\n\}/.exec(readFileSync(file, "utf8")) ?? []
  return [...body.matchAll(/\/\*\*([^]*?)\*\/\n {2}readonly (\w+):/g)].map(([, comment = "", name]) => {
    const text = comment.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trim()).join(" ").trim()
    const [title = "", ...why] = text.split(/(?<=\.) /)
    return { name: name as keyof Flags, title: title.replace(/\.$/, ""), why: why.join(" ") }
  })
}

type Name = keyof Flags

/** Node has zstd from 22.15 on: the page must not depend on the version that writes it. */
const listOf = (codings: ReadonlyArray<string>): string =>
  codings.filter((coding) => coding !== "zstd").join(", ") + (codings.includes("br") ? ", zstd" : "")

const isSwitch = ({ name }: { readonly name: Name }): boolean => typeof flags.bun[name] === "boolean"

const noteOf = (
  { name, title, why }: { readonly name: Name; readonly title: string; readonly why: string },
) => {
  const values = new Map<string, Array<string>>()
  for (const [runtime, label] of runtimes) {
    const value = flags[runtime][name]
    if (typeof value === "boolean") continue
    values.set(listOf(value), [...values.get(listOf(value)) ?? [], label])
  }
  const lists = [...values].map(([list, labels]) => `${labels.join(", ")}: ${list}. `)
  return `- **${title}.** ${lists.join("")}${why}`
}

/** The table, and below it a note for each flag; one that is more than yes or no has its values there. */
export const differenceBlock = (): string => {
  const all = comments()
  const table = [
    ["", ...runtimes.map(([, name]) => name)],
    ["---", ...runtimes.map(() => "---")],
    ...all.filter(isSwitch).map(({ name, title }) => [
      title,
      ...runtimes.map(([runtime]) => flags[runtime][name] === true ? "yes" : "no"),
    ]),
  ]
  return `${table.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n\n${all.map(noteOf).join("\n")}`
}
