/**
 * What groups of figures are called.
 *
 * @module
 */

const nothing: Readonly<Record<string, string>> = {
  token: "no named token",
  deployment: "Model APIs",
  model: "no model",
}

/** The name of a group; of one without a value, in words. */
export const groupName = (dimension: string, value: string | null): string => {
  if (dimension === "cached") return value === "true" ? "from the cache" : "from the provider"
  if (value !== null && value !== "") return value
  return nothing[dimension] ?? `no ${dimension.replace("metadata.", "")}`
}
