/**
 * The request form of the playground.
 *
 * @module
 */
import { count, money } from "./format.ts"
import { Panel, useLoaded } from "./parts.tsx"
import { compatPath, headersOf, type Keys, problemIn } from "./playground-call.ts"
import type { Scope } from "./scope.tsx"

/** The input of the form. */
export interface PlaygroundInput {
  readonly model: string
  readonly system: string
  readonly prompt: string
  /** The most tokens of the answer, as typed. */
  readonly most: string
  readonly keys: Keys
}

/** The initial input. */
export const firstAsked: PlaygroundInput = {
  model: "baseten/openai/gpt-oss-120b",
  system: "",
  prompt: "What does an AI gateway do? Answer in two sentences.",
  most: "300",
  keys: { provider: "", gateway: "" },
}

/** The body of the request. */
export const chatBody = ({ model, system, prompt, most }: PlaygroundInput): object => ({
  model,
  messages: [
    ...(system === "" ? [] : [{ role: "system", content: system }]),
    { role: "user", content: prompt },
  ],
  ...(Number(most) > 0 && { max_tokens: Number(most) }),
  stream: true,
})

interface Model {
  readonly id: string
  readonly cost_in: number | null
  readonly cost_out: number | null
}

const aMillion = (cost: number | null): string => money(cost === null ? null : 1e6 * cost)

/** The field for the model, with the gateway's list of models and the price of the chosen one. */
const ModelField = ({ scope, asked, onChange }: FormProps) => {
  const { model, keys } = asked
  const wire = compatPath(scope)
  const models = useLoaded(
    scope.gateway === "" ? "" : `${wire} ${keys.provider} ${keys.gateway}`,
    async (signal) => {
      const response = await fetch(`${wire}/models`, { headers: headersOf(keys), signal })
      if (!response.ok) throw new Error(await problemIn(response))
      return (await response.json() as { readonly data: ReadonlyArray<Model> }).data
    },
  )
  const chosen = models.value?.find(({ id }) => id === model)
  return (
    <>
      <label>
        <span>Model</span>
        <input
          list="models"
          value={model}
          required
          onInput={({ currentTarget: { value } }) => onChange({ model: value })}
        />
      </label>
      <datalist id="models">{models.value?.map(({ id }) => <option key={id} value={id} />)}</datalist>
      <p class="note">
        {chosen !== undefined
          ? `${aMillion(chosen.cost_in)} in, ${aMillion(chosen.cost_out)} out, a million tokens`
          : models.error !== undefined
          ? `The list of models cannot be had: ${models.error instanceof Error ? models.error.message : ""}`
          : models.value !== undefined
          ? `${count(models.value.length)} models are listed; others can be typed`
          : " "}
      </p>
    </>
  )
}

const KeyField = ({ name, empty, value, onChange }: {
  readonly name: string
  readonly empty: string
  readonly value: string
  readonly onChange: (value: string) => void
}) => (
  <label>
    <span>{name}</span>
    <input
      type="password"
      autocomplete="off"
      placeholder={empty}
      value={value}
      onInput={({ currentTarget: { value } }) => onChange(value)}
    />
  </label>
)

interface FormProps {
  readonly scope: Scope
  readonly asked: PlaygroundInput
  readonly onChange: (change: Partial<PlaygroundInput>) => void
}

export const RequestForm = ({ scope, asked, isRunning, onChange, onStart, onStop }: FormProps & {
  readonly isRunning: boolean
  readonly onStart: () => void
  readonly onStop: () => void
}) => {
  const { system, prompt, most, keys } = asked
  return (
    <Panel title="Request">
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          onStart()
        }}
      >
        <ModelField scope={scope} asked={asked} onChange={onChange} />
        <label>
          <span>System prompt</span>
          <textarea
            rows={2}
            value={system}
            onInput={({ currentTarget: { value } }) => onChange({ system: value })}
          />
        </label>
        <label>
          <span>Prompt</span>
          <textarea
            rows={5}
            value={prompt}
            required
            onInput={({ currentTarget: { value } }) => onChange({ prompt: value })}
          />
        </label>
        <div class="row">
          <label>
            <span>Most tokens</span>
            <input
              type="number"
              min={1}
              value={most}
              onInput={({ currentTarget: { value } }) => onChange({ most: value })}
            />
          </label>
          <KeyField
            name="Provider's API key"
            empty="the stored one"
            value={keys.provider}
            onChange={(provider) => onChange({ keys: { ...keys, provider } })}
          />
          <KeyField
            name="Gateway token"
            empty="none"
            value={keys.gateway}
            onChange={(gateway) => onChange({ keys: { ...keys, gateway } })}
          />
        </div>
        <div class="row submit">
          <button type="submit" class="primary" disabled={isRunning || scope.gateway === ""}>Run</button>
          {isRunning && <button type="button" onClick={onStop}>Stop</button>}
          <span class="note">A real call: it is logged, counted and paid for like any other.</span>
        </div>
      </form>
    </Panel>
  )
}
