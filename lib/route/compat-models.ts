/**
 * Baseten's list of models as Cloudflare's `compat/models` gives it.
 *
 * @module
 */

const textOf = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? value as Record<string, unknown> : {}

/** A price in USD per token; Baseten writes decimal strings, and numbers are accepted too. */
const price = (value: unknown): number | null => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number) ? number : null
}

/**
 * Converts `GET /v1/models` to the compat form: ids as `baseten/{slug}`, and the price of a token in (`cost_in`) and out
 * (`cost_out`) in USD, `null` if Baseten gives no price.
 *
 * @param list the parsed answer; the result is `undefined` if it is not a list of models
 * @param aliases the names of model aliases, which are listed after them as `custom/{name}`
 */
export const compatModels = (
  list: unknown,
  aliases: ReadonlyArray<string> = [],
): { readonly object: "list"; readonly data: unknown } | undefined => {
  const { data } = record(list)
  if (!Array.isArray(data)) return undefined
  const named = aliases.map((name) => compatModel(`custom/${name}`, 0, "basegate", {}))
  const models = data.map(record).filter(({ id }) => textOf(id) !== undefined).map((model) => {
    const created = typeof model["created"] === "number" ? model["created"] : 0
    const owner = textOf(model["owned_by"]) ?? "baseten"
    return compatModel(`baseten/${model["id"]}`, created, owner, record(model["pricing"]))
  })
  return { object: "list", data: [...models, ...named] }
}

const compatModel = (
  id: string,
  created: number,
  owner: string,
  pricing: Readonly<Record<string, unknown>>,
) => ({
  id,
  object: "model",
  created,
  created_at: created,
  owned_by: owner,
  cost_in: price(pricing["prompt"]),
  cost_out: price(pricing["completion"]),
})
