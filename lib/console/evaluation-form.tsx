/**
 * The form to create an evaluation: its datasets, evaluators and judges.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { type Dataset, type Evaluation, type EvaluationType, isJudge } from "./evaluation-data.ts"
import { FormDialog, NameField } from "./form-dialog.tsx"
import { hereWith, Link } from "./location.tsx"
import { Text } from "./parts.tsx"
import { write } from "./write.ts"

const Checks = ({ label, items, chosen, onChange }: {
  readonly label: string
  readonly items: ReadonlyArray<{ readonly id: string; readonly name: string; readonly note: string }>
  readonly chosen: ReadonlyArray<string>
  readonly onChange: (chosen: ReadonlyArray<string>) => void
}) => (
  <fieldset class="checks">
    <legend>{label}</legend>
    {items.map(({ id, name, note }) => (
      <label key={id} class="check">
        <input
          type="checkbox"
          checked={chosen.includes(id)}
          onChange={({ currentTarget }) =>
            onChange(currentTarget.checked ? [...chosen, id] : chosen.filter((one) => one !== id))}
        />
        <span>
          <Text>{name}</Text> <span class="note">{note}</span>
        </span>
      </label>
    ))}
  </fieldset>
)

export const EvaluationForm = ({ path, gateway, datasets, types, onClose, onDone }: {
  readonly path: string
  readonly gateway: string
  readonly datasets: ReadonlyArray<Dataset>
  readonly types: ReadonlyArray<EvaluationType>
  readonly onClose: () => void
  readonly onDone: (id: string) => void
}) => {
  const [name, setName] = useState("")
  const [of, setOf] = useState<ReadonlyArray<string>>(datasets.slice(0, 1).map(({ id }) => id))
  const [by, setBy] = useState<ReadonlyArray<string>>(["cost", "speed", "error_share"])
  const judges = types.filter(isJudge)
  return (
    <FormDialog
      title="New evaluation"
      action="Run"
      isReady={of.length > 0 && by.length > 0}
      onSend={async () => {
        const { value } = await write<Evaluation>("POST", `${path}/evaluations`, {
          name: name.trim(),
          dataset_ids: of,
          evaluation_type_ids: by,
        })
        onDone(value.id)
      }}
      onClose={onClose}
    >
      <NameField name={name} onName={setName} />
      <Checks
        label="Datasets"
        items={datasets.map(({ id, name, filters }) => ({
          id,
          name,
          note: filters.length === 0 ? "every request" : "",
        }))}
        chosen={of}
        onChange={setOf}
      />
      <Checks
        label="Evaluators"
        items={types.filter((type) => !isJudge(type)).map(({ id, name, description }) => ({
          id,
          name,
          note: description,
        }))}
        chosen={by}
        onChange={setBy}
      />
      {judges.length > 0
        ? (
          <Checks
            label="Judges"
            items={judges.map(({ id, name, model, sample }) => ({
              id,
              name,
              note: `${model}, up to ${sample} requests`,
            }))}
            chosen={by}
            onChange={setBy}
          />
        )
        : (
          <p class="note">
            A model can judge the answers, too:{" "}
            <Link href={hereWith({ tab: "judges", new: "1" })}>make a judge</Link>.
          </p>
        )}
      {by.some((id) => judges.some((judge) => judge.id === id)) && (
        <p class="note">
          Judges are called through the gateway <b>{gateway}</b>{" "}
          with its own keys and limits. Their calls cost what calls cost, and stand in the log as{" "}
          <code>evaluation.judge</code>.
        </p>
      )}
    </FormDialog>
  )
}
