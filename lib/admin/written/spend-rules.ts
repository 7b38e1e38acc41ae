/**
 * Spend limits as Cloudflare's clients write them.
 *
 * @module
 */
import { isObject } from "../../json/parse.ts"

/** Adds what Cloudflare's clients omit from a rule: its id, its technique, and whether it is enabled. */
export const withRuleDefaults = (value: unknown): unknown => {
  if (!isObject(value)) return value
  const { rules = [], ...rest } = value
  return {
    enabled: true,
    ...rest,
    rules: Array.isArray(rules)
      ? rules.map((rule: unknown, at) =>
        isObject(rule) ? { id: `rule-${at + 1}`, enabled: true, technique: "fixed", ...rule } : rule
      )
      : rules,
  }
}
