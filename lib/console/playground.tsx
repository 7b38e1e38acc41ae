/**
 * Playground: a call through the gateway, as a client makes it.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { gatewayPath, get, readEvents } from "./api.ts"
import { count, money, time, unknown, visible } from "./format.ts"
import { Link, pageHref } from "./location.tsx"
import { Command, Panel, Problem, useLoaded } from "./parts.tsx"
import type { Scope } from "./scope.tsx"
import type { EntryDetail } from "./types.ts"

interface Model {
  readonly id: string
  readonly cost_in: number | null
  readonly cost_out: number | null
}

interface Keys {
  readonly provider: string
  readonly gateway: string
}

interface Run {
  readonly isRunning: boolean
  readonly text: string
  readonly reasoning: string
  readonly status?: number
  readonly firstMs?: number
  readonly totalMs?: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly problem?: string
  readonly entry?: EntryDetail
}

const none: Run = { isRunning: false, text: "", reasoning: "", headers: [] }

const headersOf = ({ provider, gateway }: Keys): Record<string, string> => ({
  "content-type": "application/json",
  ...(provider !== "" && { authorization: `Bearer ${provider}` }),
  ...(gateway !== "" && { "cf-aig-authorization": `Bearer ${gateway}` }),
})

const wireOf = ({ account, gateway }: Scope): string =>
  `/v1/${encodeURIComponent(account)}/${encodeURIComponent(gateway)}/compat`

const problemIn = async (response: Response): Promise<string> => {
  const text = await response.text()
  try {
    const { error } = JSON.parse(text) as {
      readonly error?: ReadonlyArray<{ message?: string }> | { message?: string }
    }
    const [first] = Array.isArray(error) ? error : [error]
    return first?.message ?? text
  } catch {
    return text || `The gateway answered ${response.status}.`
  }
}

/** The log has a call a moment after it has ended. */
const entryOf = async (scope: Scope, id: string, signal: AbortSignal): Promise<EntryDetail | undefined> => {
  for (let tries = 0; tries < 10 && !signal.aborted; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    try {
      return await get<EntryDetail>(`${gatewayPath(scope.account, scope.gateway)}/logs/${id}`, {}, signal)
    } catch {
      // Not there yet.
    }
  }
  return undefined
}

/** Makes the call, and tells of it as it goes on. */
const call = async (
  scope: Scope,
  keys: Keys,
  body: object,
  signal: AbortSignal,
  tell: (change: (last: Run) => Run) => void,
): Promise<void> => {
  const began = performance.now()
  const since = (): number => performance.now() - began
  const response = await fetch(`${wireOf(scope)}/chat/completions`, {
    method: "POST",
    headers: headersOf(keys),
    body: JSON.stringify(body),
    signal,
  })
  tell((last) => ({ ...last, status: response.status, headers: [...response.headers] }))
  if (!response.ok) {
    const problem = await problemIn(response)
    return tell((last) => ({ ...last, problem, totalMs: since() }))
  }
  await readEvents(response, (_, data) => {
    if (data === "[DONE]") return
    const { choices, error } = Object(JSON.parse(data)) as {
      readonly choices?: ReadonlyArray<
        { readonly delta?: { readonly content?: string; readonly reasoning_content?: string } }
      >
      readonly error?: { readonly message?: string }
    }
    if (error !== undefined) tell((last) => ({ ...last, problem: error.message ?? "The stream broke off." }))
    const { content = "", reasoning_content = "" } = choices?.[0]?.delta ?? {}
    if ((content || reasoning_content) === "") return
    tell((last) => ({
      ...last,
      text: last.text + (content ?? ""),
      reasoning: last.reasoning + (reasoning_content ?? ""),
      firstMs: last.firstMs ?? since(),
    }))
  })
  tell((last) => ({ ...last, totalMs: since() }))
  const entry = await entryOf(scope, response.headers.get("cf-aig-log-id") ?? "", signal)
  if (entry !== undefined) tell((last) => ({ ...last, entry }))
}

const curlOf = (scope: Scope, keys: Keys, body: object): string =>
  [
    `curl --no-buffer ${location.origin}${wireOf(scope)}/chat/completions`,
    ...(keys.provider !== "" ? ['--header "Authorization: Bearer $BASETEN_API_KEY"'] : []),
    ...(keys.gateway !== "" ? ['--header "cf-aig-authorization: Bearer $GATEWAY_TOKEN"'] : []),
    "--header 'Content-Type: application/json'",
    `--data '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
  ].join(" \\\n  ")

const Outcome = ({ run, gateway }: { readonly run: Run; readonly gateway: string }) => (
  <Panel title="Answer">
    <dl class="facts inline">
      <div>
        <dt>Status</dt>
        <dd>{run.status ?? unknown}</dd>
      </div>
      <div>
        <dt>First token</dt>
        <dd>{time(run.firstMs)}</dd>
      </div>
      <div>
        <dt>Total</dt>
        <dd>{run.isRunning ? "…" : time(run.totalMs)}</dd>
      </div>
      <div>
        <dt>Tokens</dt>
        <dd>{count(run.entry?.tokens_in)} → {count(run.entry?.tokens_out)}</dd>
      </div>
      <div>
        <dt>Cost</dt>
        <dd>{money(run.entry?.cost)}</dd>
      </div>
    </dl>
    {run.problem !== undefined && <Problem error={run.problem} />}
    {run.reasoning !== "" && (
      <details>
        <summary>Reasoning</summary>
        <p class="answer">{visible(run.reasoning)}</p>
      </details>
    )}
    <p class="answer" aria-live="polite" aria-busy={run.isRunning}>
      {visible(run.text)}
      {run.isRunning && <span class="caret" />}
    </p>
    {run.entry !== undefined && (
      <p>
        <Link href={pageHref("/console/log", { entry: run.entry.id, gateway })}>Show it in the log</Link>
      </p>
    )}
    {run.headers.length > 0 && (
      <details>
        <summary>Headers of the answer</summary>
        <table class="pairs">
          <tbody>
            {run.headers.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <bdi>{visible(value)}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    )}
  </Panel>
)

/** The page. Keys stay in the memory of the page: they are gone with it. */
export const PlaygroundPage = ({ scope }: PageProps) => {
  const [keys, setKeys] = useState<Keys>({ provider: "", gateway: "" })
  const [model, setModel] = useState("baseten/openai/gpt-oss-120b")
  const [system, setSystem] = useState("")
  const [prompt, setPrompt] = useState("What does an AI gateway do? Answer in two sentences.")
  const [most, setMost] = useState("300")
  const [run, setRun] = useState(none)
  const running = useRef<AbortController | undefined>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const models = useLoaded(
    scope.gateway === "" ? "" : `${wireOf(scope)} ${keys.provider} ${keys.gateway}`,
    async (signal) => {
      const response = await fetch(`${wireOf(scope)}/models`, { headers: headersOf(keys), signal })
      if (!response.ok) throw new Error(await problemIn(response))
      return (await response.json() as { readonly data: ReadonlyArray<Model> }).data
    },
  )
  const chosen = models.value?.find(({ id }) => id === model)
  const body = {
    model,
    messages: [...(system === "" ? [] : [{ role: "system", content: system }]), {
      role: "user",
      content: prompt,
    }],
    ...(Number(most) > 0 && { max_tokens: Number(most) }),
    stream: true,
  }
  const start = (): void => {
    const controller = new AbortController()
    running.current?.abort()
    running.current = controller
    setRun({ ...none, isRunning: true })
    const tell = (change: (last: Run) => Run): void => controller.signal.aborted ? undefined : setRun(change)
    call(scope, keys, body, controller.signal, tell).then(
      () => tell((last) => ({ ...last, isRunning: false })),
      (cause: unknown) =>
        tell((last) => ({
          ...last,
          isRunning: false,
          problem: cause instanceof Error ? cause.message : String(cause),
        })),
    )
  }
  const stop = (): void => {
    running.current?.abort()
    setRun((last) => ({
      ...last,
      isRunning: false,
      problem: "Stopped: the gateway has ended the provider's request.",
    }))
  }
  return (
    <div class="playground">
      <Panel title="Request">
        <form
          class="fields"
          onSubmit={(event) => {
            event.preventDefault()
            start()
          }}
        >
          <label>
            <span>Model</span>
            <input
              list="models"
              value={model}
              required
              onInput={({ currentTarget: { value } }) => setModel(value)}
            />
          </label>
          <datalist id="models">{models.value?.map(({ id }) => <option key={id} value={id} />)}</datalist>
          <p class="note">
            {chosen !== undefined
              ? `${money(chosen.cost_in === null ? null : 1e6 * chosen.cost_in)} in, ${
                money(chosen.cost_out === null ? null : 1e6 * chosen.cost_out)
              } out, a million tokens`
              : models.error !== undefined
              ? `The list of models cannot be had: ${
                models.error instanceof Error ? models.error.message : ""
              }`
              : models.value !== undefined
              ? `${count(models.value.length)} models are listed; others can be typed`
              : " "}
          </p>
          <label>
            <span>System prompt</span>
            <textarea rows={2} value={system} onInput={({ currentTarget: { value } }) => setSystem(value)} />
          </label>
          <label>
            <span>Prompt</span>
            <textarea
              rows={5}
              value={prompt}
              required
              onInput={({ currentTarget: { value } }) => setPrompt(value)}
            />
          </label>
          <div class="row">
            <label>
              <span>Most tokens</span>
              <input
                type="number"
                min={1}
                value={most}
                onInput={({ currentTarget: { value } }) => setMost(value)}
              />
            </label>
            <label>
              <span>Provider's API key</span>
              <input
                type="password"
                autocomplete="off"
                placeholder="the stored one"
                value={keys.provider}
                onInput={({ currentTarget: { value } }) => setKeys({ ...keys, provider: value })}
              />
            </label>
            <label>
              <span>Gateway token</span>
              <input
                type="password"
                autocomplete="off"
                placeholder="none"
                value={keys.gateway}
                onInput={({ currentTarget: { value } }) => setKeys({ ...keys, gateway: value })}
              />
            </label>
          </div>
          <div class="row">
            <button type="submit" class="primary" disabled={run.isRunning || scope.gateway === ""}>
              Run
            </button>
            {run.isRunning && <button type="button" onClick={stop}>Stop</button>}
            <span class="note">A real call: it is logged, counted and paid for like any other.</span>
          </div>
        </form>
      </Panel>
      <Outcome run={run} gateway={scope.gateway} />
      <Panel title="The same as curl">
        <Command text={curlOf(scope, keys, body)} />
      </Panel>
    </div>
  )
}
