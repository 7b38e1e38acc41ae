/**
 * Reads a judge's answer.
 *
 * @module
 */
import type { WrittenJudge } from "../../settings-store/evaluation-document.ts"
import { objectOf, parseOrUndefined } from "../../json/parse.ts"

/** Why there is no verdict. */
export type VerdictProblem =
  /** The answer is not a chat completion, or has no text. */
  | "no_answer"
  /** It ended at its limit of tokens before its verdict. */
  | "cut_off"
  /** It has no verdict, or more than one. */
  | "unreadable"
  /** Its score is not from 0 to 1. */
  | "out_of_range"

/** From 0 to 1; 1 or 0 for pass or fail. */
export type Verdict = number | VerdictProblem

/** Every outermost `{…}` of a text that is valid JSON, in one pass. */
const objectsIn = (text: string): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const found: Array<Readonly<Record<string, unknown>>> = []
  let depth = 0
  let start = 0
  let inText = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inText) {
      if (character === "\\") at++
      else if (character === '"') inText = false
    } else if (character === '"' && depth > 0) inText = true
    else if (character === "{" && depth++ === 0) start = at
    else if (character === "}" && depth > 0 && --depth === 0) {
      const object = parseOrUndefined(text.slice(start, at + 1))
      if (object !== undefined) found.push(objectOf(object))
    }
  }
  return found
}

const numberIn = (value: unknown): number | undefined => {
  if (typeof value === "number") return value
  return typeof value === "string" && /^\s*-?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : undefined
}

const passIn = (value: unknown): boolean | undefined => {
  if (typeof value === "boolean") return value
  if (typeof value !== "string") return undefined
  if (/^\s*(?:pass(?:ed)?|true|yes)\s*\.?$/i.test(value)) return true
  return /^\s*(?:fail(?:ed)?|false|no)\s*\.?$/i.test(value) ? false : undefined
}

const inRange = (score: number): Verdict => score >= 0 && score <= 1 ? score : "out_of_range"

const ofObject = (
  object: Readonly<Record<string, unknown>>,
  form: WrittenJudge["verdict"],
): Verdict | undefined => {
  const value = object[form] ?? object["verdict"]
  if (form === "score") {
    const score = numberIn(value)
    return score === undefined ? undefined : inRange(score)
  }
  const pass = passIn(value)
  return pass === undefined ? undefined : Number(pass)
}

/** `Score: 0.7`, `score 7/10`, `**Verdict:** PASS`, or the verdict alone, as the last line. */
const ofLine = (line: string, form: WrittenJudge["verdict"]): Verdict | undefined => {
  const plain = line.replaceAll(/[*_`#]/g, "").trim()
  const [, said = ""] =
    /^(?:(?:the\s+)?(?:final\s+)?(?:score|verdict|result|pass)\s*(?:is|[:=])?\s*)?(.+)$/i.exec(plain) ??
      []
  if (form === "pass") {
    const pass = passIn(said)
    return pass === undefined ? undefined : Number(pass)
  }
  const [, score, of] = /^(-?\d+(?:\.\d+)?)(?:\s*\/\s*(\d+(?:\.\d+)?))?\.?$/.exec(said) ?? []
  if (score === undefined) return undefined
  if (of !== undefined) return Number(of) > 0 ? inRange(Number(score) / Number(of)) : undefined
  return inRange(Number(score))
}

/**
 * The verdict of a text: that of its single JSON object, alone, fenced or between words; otherwise that of its last
 * line. Objects that disagree give no verdict: one of them may be quoted from the judged text.
 */
export const verdictIn = (text: string, form: WrittenJudge["verdict"]): Verdict => {
  const said = text.replace(/^[^]*<\/think>/, "").trim()
  if (said === "") return "no_answer"
  const verdicts = new Set(
    objectsIn(said).map((object) => ofObject(object, form)).filter((verdict) => verdict !== undefined),
  )
  const [only, second] = verdicts
  if (second !== undefined) return "unreadable"
  return only ?? ofLine(said.split("\n").at(-1) ?? "", form) ?? "unreadable"
}

const choiceOf = (answer: string): Readonly<Record<string, unknown>> => {
  const { choices } = objectOf(parseOrUndefined(answer))
  return objectOf(Array.isArray(choices) ? choices[0] : undefined)
}

/** The longest reason that is shown, in characters. */
const longestReason = 500

/** The judge's reason, in its own words; `null` if there is none. */
export const reasonIn = (answer: string): string | null => {
  const { content } = objectOf(choiceOf(answer)["message"])
  if (typeof content !== "string") return null
  const { reason } = objectsIn(content).at(-1) ?? {}
  return typeof reason === "string" && reason !== "" ? reason.slice(0, longestReason).toWellFormed() : null
}

/** The verdict of a completion of a chat. */
export const verdictOf = (answer: string, form: WrittenJudge["verdict"]): Verdict => {
  const choice = choiceOf(answer)
  const { content } = objectOf(choice["message"])
  const verdict = typeof content === "string" ? verdictIn(content, form) : "no_answer"
  return typeof verdict === "string" && choice["finish_reason"] === "length" ? "cut_off" : verdict
}
