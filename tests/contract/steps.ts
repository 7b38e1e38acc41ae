/** What the cases of the universal endpoint and of dynamic routes share. */
import { failing, type Harness } from "./harness.ts"

/** A universal step as clients write it. */
export interface WrittenStep {
  readonly provider: string
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly query: unknown
  readonly config?: unknown
}

/** A step that asks a model through compat, under a case's name. */
export const ask = (
  id: string,
  model: string,
  more: { readonly headers?: Readonly<Record<string, unknown>>; readonly config?: object } = {},
  members: object = {},
): WrittenStep => ({
  provider: "compat",
  endpoint: "chat/completions",
  query: { model, messages: [{ role: "user", content: `hello ${id}` }], ...members },
  ...more,
  headers: { authorization: "Bearer sk-own", "x-simulator-case": id, ...more.headers },
})

/** Three of Baseten's models, as compat names them. */
export const models = {
  gpt: "baseten/openai/gpt-oss-120b",
  glm: "baseten/zai-org/GLM-5.3",
  kimi: "baseten/moonshotai/Kimi-K3",
}

/** A fault of the simulator, as a header of a step. */
export const withFault = (fault: object): { readonly headers: Record<string, string> } => ({
  headers: { "x-simulator-fault": JSON.stringify(fault) },
})

/** Lets the next requests of a case fail, whichever step or element they come from. */
export const failNext = (harness: Harness, id: string, fault: object, times: number): Promise<void> =>
  failing(harness, id, Array.from({ length: times }, () => fault))

/** Calls the universal endpoint of a gateway. */
export const callSteps = (
  base: string,
  steps: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> =>
  fetch(base, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof steps === "string" ? steps : JSON.stringify(steps),
    ...(signal && { signal }),
  })

/** One try, as a record lists it. */
export interface Attempt {
  readonly step: number
  readonly attempt: number
  readonly provider: string
  readonly model: string | null
  readonly status: number | null
  readonly error: string | null
}

/** The tries of an answer's record, each as its step, its number, and what came of it. */
export const triesOf = async (
  harness: Harness,
  response: Response,
): Promise<ReadonlyArray<readonly [step: number, attempt: number, outcome: number | string | null]>> => {
  const { attempts } = await harness.recordOf(response)
  return (attempts as ReadonlyArray<Attempt>).map(({ step, attempt, status, error }) =>
    [step, attempt, status ?? error] as const
  )
}
