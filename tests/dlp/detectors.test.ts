/** What each detector finds of the labelled texts, and what it takes for it. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { type DetectorName, detectorNames } from "../../lib/dlp/detectors.ts"
import { compileMatcher } from "../../lib/dlp/matcher.ts"
import { edited, editsOf } from "../../lib/dlp/text-channel.ts"
import { labelled } from "./labelled.ts"

interface Score {
  /** How many are to be found, how many of those were, exactly, and how much else was. */
  readonly there: number
  readonly right: number
  readonly wrong: number
  readonly misses: ReadonlyArray<string>
}

const scoreOf = (name: DetectorName): Score => {
  const matcher = compileMatcher([name])
  let there = 0, right = 0, wrong = 0
  const misses: Array<string> = []
  for (const text of labelled[name]) {
    const expected = [...text.matchAll(/«([^»]*)»/g)].map(([, value = ""]) => value)
    const plain = text.replaceAll(/[«»]/g, "")
    const found: Array<string> = []
    editsOf(
      { matcher, found: () => {}, replaces: () => true, replacement: (_, value) => `${found.push(value)}` },
      plain,
      0,
    )
    there += expected.length
    const hits = found.filter((value) => expected.includes(value)).length
    right += hits
    wrong += found.length - hits
    if (hits < expected.length || found.length > hits) misses.push(`${text} -> ${JSON.stringify(found)}`)
  }
  return { there, right, wrong, misses }
}

const percent = (part: number, whole: number): string => `${Math.round(100 * part / whole)} %`

test("precision and recall are as documented", () => {
  const page = readFileSync("lib/dlp/README.md", "utf8")
  for (const name of detectorNames) {
    const { there, right, wrong, misses } = scoreOf(name)
    const cells = [there, percent(right, right + wrong), percent(right, there)]
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? ""
    const given = row.split("|").map((cell) => cell.trim()).slice(-4, -1)
    assert.deepEqual(given, cells.map(String), `${name}\n${misses.join("\n")}`)
  }
})

test("a part of a longer number is no match", () => {
  const matcher = compileMatcher([...detectorNames])
  const rules = { matcher, found: () => {}, replaces: () => true, replacement: () => "#" }
  for (const text of ["0".repeat(200), "1 ".repeat(200), "a1".repeat(200), "1.2.3.4.5.6.7.8.9"]) {
    assert.equal(edited(text, editsOf(rules, text, 0)), text)
  }
})
