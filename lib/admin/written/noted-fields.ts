/**
 * Fields of Cloudflare's gateways that have no effect here.
 *
 * @module
 */
const isOff = (value: unknown): boolean => value === false || value === null

const isEmpty = (value: unknown): boolean =>
  value === null || value === "" || (Array.isArray(value) && value.length === 0)

/**
 * The accepted values, which request nothing, and are shown as written: Cloudflare's SDK and Terraform write all
 * fields. Other values are refused, since they would seem to work.
 */
const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  // What the cache holds is for the same requests as before, whatever the settings.
  cache_invalidate_on_update: (value) => typeof value === "boolean" || value === null,
  log_classification: isOff,
  logpush: isOff,
  logpush_public_key: isEmpty,
  // Where Cloudflare keeps keys; here they are sealed in the settings themselves.
  store_id: (value) => value === null || (typeof value === "string" && value.length <= 64),
  stripe: isEmpty,
  wholesale: isOff,
  workers_ai_billing_mode: (value) => value === null || value === "postpaid",
  zdr: isOff,
}

/** Fields of Cloudflare's answers that requests do not change. */
export const readOnlyFields: ReadonlyArray<string> = [
  "account_id",
  "account_tag",
  "created_at",
  "modified_at",
  "is_default",
]

/** Whether a field is one of these. */
export const isNotedField = (name: string): boolean => Object.hasOwn(fields, name)

/** Why a field cannot have a value; `undefined` if it can. */
export const notedProblem = (name: string, value: unknown): string | undefined =>
  fields[name]?.(value) === false
    ? `${name}: not supported by this gateway; leave it out, or send what switches it off`
    : undefined
