/**
 * Names for groups of figures.
 *
 * @module
 */

const nothing: Readonly<Record<string, string>> = {
  token: "no named token",
  deployment: "Model APIs",
  model: "no model",
}

/** The name of a group; in words if it has no value. */
export const groupName = (dimension: string, value: string | null): string => {
  if (dimension === "cached") return value === "true" ? "from the cache" : "from the provider"
  if (value !== null && value !== "") return value
  return nothing[dimension] ?? `no ${dimension.replace("metadata.", "")}`
}
