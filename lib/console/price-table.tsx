/**
 * The tokens of one request, and how its cost was computed.
 *
 * @module
 */
import { count, money, unknown } from "./format.ts"
import type { EntryDetail, EntryPrice } from "./types.ts"

const usageSources: Readonly<Record<string, string>> = {
  exact: "The answer reported these tokens.",
  partial: "The answer broke off: these are the last counts that it reported.",
  estimated: "The stream reported no tokens: these are estimated from its text, and so is the cost.",
}

const lineNames = {
  input: "Tokens in",
  cached_input: "Tokens in, from the provider's cache",
  output: "Tokens out",
} as const

/** Explains a cost that does not follow from a price. */
const reasonOf = ({ cost, custom_cost, cached, status_code, error, price }: EntryDetail): string => {
  if (custom_cost) return "The caller's own figure (cf-aig-custom-cost)."
  if (cached) return "Answered from the gateway's cache: nothing is paid."
  if (status_code >= 400 || (error !== null && cost === 0)) return "An error is not paid for."
  if (cost === null) {
    return "Not known: there is no price for this model, or no tokens. Set prices in the gateway's settings."
  }
  if (price?.per_minute != null) return `Paid by time: ${money(price.per_minute)} a minute of the provider's.`
  if (price === null) return "The price that held then is no longer known."
  return ""
}

const sourceOf = ({ source, holds }: EntryPrice): string =>
  `Prices ${source === "settings" ? "of the gateway's settings" : "of Baseten's list"}.${
    holds ? "" : " They have changed since, or the answer named another model: this is not what was counted."
  }`

/** The token counts, for a request without prices. */
const counted = (entry: EntryDetail): ReadonlyArray<readonly [name: string, tokens: number | null]> => [
  ["Tokens in", entry.tokens_in],
  ["of them from the provider's cache", entry.tokens_cached],
  ["Tokens out", entry.tokens_out],
]

export const PriceTable = ({ entry }: { readonly entry: EntryDetail }) => {
  const { price } = entry
  const lines = price?.lines ?? []
  const reason = reasonOf(entry)
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Tokens and cost">
        <table class="price">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" class="number">Tokens</th>
              <th scope="col" class="number">$ a million</th>
              <th scope="col" class="number">Cost</th>
            </tr>
          </thead>
          <tbody>
            {lines.length > 0
              ? lines.map(({ kind, tokens, per_million, cost }) => (
                <tr key={kind}>
                  <th scope="row">
                    {lineNames[kind]}
                    {kind === "output" && entry.tokens_reasoning !== null && entry.tokens_reasoning > 0 &&
                      `, ${count(entry.tokens_reasoning)} of them reasoning`}
                  </th>
                  <td class="number">{count(tokens)}</td>
                  <td class="number">{money(per_million)}</td>
                  <td class="number">{money(cost)}</td>
                </tr>
              ))
              : counted(entry).map(([name, tokens]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{count(tokens)}</td>
                  <td class="number">{unknown}</td>
                  <td class="number">{unknown}</td>
                </tr>
              ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Cost</th>
              <td />
              <td />
              <td class="number">{entry.usage_source === "estimated" ? "≈ " : ""}{money(entry.cost)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
      <p class="note">
        {[
          reason,
          lines.length > 0 && price !== null ? sourceOf(price) : "",
          entry.usage_source === null ? "" : usageSources[entry.usage_source] ?? "",
        ].filter((text) => text !== "").join(" ")}
      </p>
    </>
  )
}
