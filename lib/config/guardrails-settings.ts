/**
 * The settings of guardrails: what a model may not be asked and may not say, and the model that judges it.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { categories, compileRules, type Guardrails } from "../guardrail/guardrails.ts"
import { integer, oneOf, recordOf, text } from "../schema/expected.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import type { EntryOptions } from "./settings-types.ts"

const optional = Schema.optionalKey

const Rules = Schema.NullOr(
  recordOf("categories S1 to S13 and P1", (name) => categories.includes(name), oneOf("FLAG", "BLOCK")),
)

const target = /^(baseten|custom-[a-z0-9-]{1,64})\/(\S{1,256})$/

/** What a gateway's entry says about guardrails. `guardrails` is Cloudflare's own. */
export const GuardrailSettings = {
  /**
   * What a model may not be asked, and may not say, by the categories of Llama Guard and `P1` for prompt injection:
   * `{"prompt": {"S1": "BLOCK", "S7": "FLAG"}, "response": {"S1": "BLOCK"}}`. `FLAG` notes it in the log, `BLOCK` refuses it,
   * and a category that is not there is ignored. See [guardrails](../guardrail/README.md).
   *
   * @default none
   */
  guardrails: optional(
    Schema.NullOr(Schema.Struct({ prompt: optional(Rules), response: optional(Rules) })),
  ),
  /**
   * The model that guardrails ask: `{"model": "baseten/{model}", "timeout": 5000}`. Any that answers `safe`, or `unsafe` and a
   * line of categories, at `/v1/chat/completions` of Baseten's Model APIs or of a `custom-{slug}`, with the stored key of that
   * provider that is called `default`. `timeout` is in milliseconds, `5000` unless given.
   *
   * @default none
   */
  guardrails_scanner: optional(
    Schema.NullOr(Schema.Struct({
      model: text("a model as baseten/{model} or custom-{slug}/{model}", (name) => target.test(name)),
      timeout: optional(integer(1, 600_000)),
    })),
  ),
}

/** These settings as they are written. */
export type GuardrailsEntry = Pick<EntryOptions, "guardrails" | "guardrails_scanner">

/** Long enough for a model of Llama Guard's size that has to wait for others. */
const usualTimeout = 5000

/** The guardrails of a gateway; `undefined` if it has none. Throws `SettingProblem`. */
export const guardrailsSettings = (
  { guardrails, guardrails_scanner: scanner }: GuardrailsEntry,
  providers: ReadonlyMap<string, unknown>,
): Guardrails | undefined => {
  const prompt = compileRules("prompt", guardrails?.prompt)
  const response = compileRules("response", guardrails?.response)
  const [, provider = "", model = ""] = target.exec(scanner?.model ?? "") ?? []
  if (provider !== "" && provider !== "baseten" && !providers.has(provider)) {
    throw new SettingProblem(
      "expected the provider of guardrails_scanner to be baseten or one of custom_providers",
    )
  }
  if (prompt === undefined && response === undefined) return undefined
  if (scanner === undefined || scanner === null) {
    throw new SettingProblem(
      "expected guardrails_scanner, the model that says what is unsafe, beside guardrails",
    )
  }
  return { prompt, response, scanner: { provider, model, timeout: scanner.timeout ?? usualTimeout } }
}
