/** A gateway with guardrails, in front of a provider and a scanner that answer as they are told. */
import { type Guarded, type Reached, withGuarded } from "../dlp/guarded-gateway.ts"

/** What a scanner was asked. */
export interface AskedScanner {
  readonly model: string
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: string }>
}

/** A verdict as Llama Guard gives it. */
export const verdict = (said: string): Response =>
  Response.json({
    choices: [{ index: 0, message: { role: "assistant", content: `\n\n${said}` }, finish_reason: "stop" }],
    usage: { prompt_tokens: 100, completion_tokens: 4 },
  })

/** Calls what holds the word BOMB unsafe. */
export const bombs = ({ messages }: AskedScanner): Response =>
  verdict(messages.at(-1)?.content.includes("BOMB") ? "unsafe\nS9" : "safe")

/** Settings of guardrails. */
export const guardrails = (
  prompt: object | undefined,
  response: object | undefined,
  scanner: object = {},
): object => ({
  guardrails: { ...(prompt && { prompt }), ...(response && { response }) },
  guardrails_scanner: { model: "custom-guard/llama-guard", ...scanner },
  custom_providers: {
    guard: { base_url: "https://guard.example/v1", headers: { "x-guard": "env:GUARD_KEY" } },
  },
})

/** Runs a test with it; `asked` is what the scanner got, `reached` what the provider did. */
export const withScanned = (
  entry: object,
  scan: (asked: AskedScanner, reached: Reached) => Response | Promise<Response>,
  answer: (reached: Reached) => Response | Promise<Response>,
  use: (
    guarded: Guarded & { readonly asked: Array<AskedScanner & { readonly reached: Reached }> },
  ) => Promise<void>,
): Promise<void> => {
  const asked: Array<AskedScanner & { readonly reached: Reached }> = []
  const reached: Array<Reached> = []
  return withGuarded(
    entry,
    (one) => {
      if (!one.url.startsWith("https://guard.example/")) {
        reached.push(one)
        return answer(one)
      }
      const body = JSON.parse(one.body) as AskedScanner
      asked.push({ ...body, reached: one })
      return scan(body, one)
    },
    (guarded) => use({ ...guarded, asked, reached }),
    { GUARD_KEY: "sk-guard" },
  )
}
