/**
 * The form to create or change a judge.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { ApiError } from "./api.ts"
import type { Judge } from "./evaluation-data.ts"
import { visible } from "./format.ts"
import { FormDialog } from "./form-dialog.tsx"
import { Choices, Problem } from "./parts.tsx"
import { problemsByField, write } from "./write.ts"

/** The initial prompt of a new judge. */
const example = `Does the answer help with what was asked? It should be right, complete and to the point.
Give 1 to an answer that nothing could improve, 0 to one that is wrong or beside the point.

What was asked:
{{request}}

The answer:
{{answer}}`

const whole = (text: string): number | string => /^\d+$/.test(text) ? Number(text) : text

export const JudgeForm = ({ path, judge, onClose, onDone }: {
  readonly path: string
  readonly judge: Judge | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}) => {
  const [typed, setTyped] = useState({
    name: judge?.name ?? "",
    description: judge?.description ?? "",
    model: judge?.model ?? "baseten/openai/gpt-oss-120b",
    prompt: judge?.prompt ?? example,
    verdict: judge?.verdict ?? "score",
    sample: String(judge?.sample ?? 100),
    concurrency: String(judge?.concurrency ?? 4),
    timeout: String(judge?.timeout ?? 60),
    max_cost: judge?.max_cost == null ? "" : String(judge.max_cost),
  })
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map())
  const set = (change: Partial<typeof typed>): void => {
    setTyped({ ...typed, ...change })
    setProblems(new Map())
  }
  const save = async (): Promise<void> => {
    const body = {
      ...typed,
      sample: whole(typed.sample),
      concurrency: whole(typed.concurrency),
      timeout: whole(typed.timeout),
      max_cost: typed.max_cost.trim() === "" ? null : Number(typed.max_cost),
    }
    try {
      if (judge === undefined) await write("POST", path, { type: "judge", ...body })
      else await write("PUT", `${path}/${judge.id}`, body)
      onDone()
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.status !== 400) throw cause
      setProblems(problemsByField(cause.message, (name) => Object.hasOwn(typed, name)))
    }
  }
  const problem = (name: string) =>
    problems.has(name) && <span class="field-problem" role="alert">{problems.get(name)}</span>
  const field = (
    name: "name" | "description" | "model" | "sample" | "concurrency" | "timeout" | "max_cost",
    label: string,
    isNumber = false,
  ) => (
    <label>
      <span>{label}</span>
      <input
        value={typed[name]}
        required={name !== "description" && name !== "max_cost"}
        autofocus={name === "name" && judge === undefined}
        autocomplete="off"
        spellcheck={false}
        inputMode={isNumber ? "decimal" : "text"}
        aria-invalid={problems.has(name)}
        onInput={({ currentTarget }) => set({ [name]: currentTarget.value })}
      />
      {problem(name)}
    </label>
  )
  return (
    <FormDialog
      title={judge === undefined ? "New judge" : `Edit ${visible(judge.name)}`}
      action={judge === undefined ? "Create" : "Save"}
      onSend={save}
      onClose={onClose}
    >
      {field("name", "Name")}
      {field("model", "Model: baseten/…, custom-{slug}/…, custom/{alias} or dynamic/{route}")}
      <div class="row">
        <Choices
          label="Verdict"
          choices={[["score", "Score from 0 to 1"], ["pass", "Pass or fail"]]}
          chosen={typed.verdict}
          onChoose={(value) => set({ verdict: value === "pass" ? "pass" : "score" })}
        />
      </div>
      <label>
        <span>
          Criteria. <code>{"{{request}}"}</code> and <code>{"{{answer}}"}</code>{" "}
          stand for the texts, which are framed as data
        </span>
        <textarea
          rows={9}
          required
          value={typed.prompt}
          aria-invalid={problems.has("prompt")}
          onInput={({ currentTarget }) => set({ prompt: currentTarget.value })}
        />
        {problem("prompt")}
      </label>
      <div class="row top-aligned">
        {field("sample", "Requests of a run, at most", true)}
        {field("max_cost", "US dollars of a run, at most", true)}
      </div>
      <div class="row top-aligned">
        {field("concurrency", "Calls at once", true)}
        {field("timeout", "Seconds a call may take", true)}
      </div>
      {field("description", "Description")}
      {problems.has("") && <Problem error={problems.get("")} />}
    </FormDialog>
  )
}
