/**
 * Spend limits as Cloudflare's clients write them.
 *
 * @module
 */
import { isObject } from "../../json/parse.ts"

/** The limits with what Cloudflare lets out of a rule: its id, its technique, and whether it holds. */
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
