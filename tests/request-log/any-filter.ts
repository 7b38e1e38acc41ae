/** Filters for tests: any at all, with values that entries have and values that they never have. */
import fc from "fast-check"
import { filterKeys, type LogFilter } from "../../lib/request-log/query.ts"
import { anyText, start } from "./any-record.ts"

const anyValue = fc.oneof(
  { weight: 3, arbitrary: anyText },
  fc.constantFrom(0, 1, 2, 200, 400, 0.1, 12.345, start + 1000, start + 3_600_000, -1),
  fc.constantFrom(
    "2026-11-01",
    "2026-11-01T01:00:00Z",
    "2",
    "false",
    "complete",
    "MASK",
    "compat.chat",
    "COMP",
    "",
  ),
  fc.constantFrom(null, true, false),
)
/** Any filter. */
export const anyFilter: fc.Arbitrary<LogFilter> = fc.record({
  key: fc.constantFrom(...filterKeys),
  operator: fc.constantFrom("eq", "neq", "contains", "lt", "gt"),
  value: fc.array(anyValue, { maxLength: 3 }),
})
/** A condition on a pair. */
export const pair = (key: LogFilter, value: LogFilter): ReadonlyArray<LogFilter> => [
  { ...key, key: "metadata.key" },
  { ...value, key: "metadata.value" },
]
