/** Sets of headers as clients, servers and those who mean no good send them. */
import fc from "fast-check"

const common = [
  "Accept",
  "Accept-Encoding",
  "Access-Control-Allow-Origin",
  "Alt-Svc",
  "Authorization",
  "api-key",
  "CF-AIG-Metadata",
  "cf-aig-step",
  "CF-Ray",
  "Connection",
  "Content-Encoding",
  "Content-Length",
  "Content-Type",
  "Cookie",
  "Forwarded",
  "Host",
  "Keep-Alive",
  "Location",
  "Origin",
  "Refresh",
  "Sec-Fetch-Site",
  "Set-Cookie",
  "TE",
  "Transfer-Encoding",
  "Upgrade",
  "Vary",
  "Via",
  "X-Api-Key",
  "x-baseten-customer-request-id",
  "X-Basegate-Hop",
  "X-Forwarded-For",
  "X-Request-Id",
  "X-Stainless-Lang",
  "__proto__",
  "constructor",
  "7",
]
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...common) },
  fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,10}$/),
)
const value = fc.oneof(
  fc.constantFrom("keep-alive", "close", "gzip", " gzip", "GZIP", "br", "identity", "0", "42", "a", ""),
  fc.constantFrom(...common),
  fc.array(fc.constantFrom(...common), { maxLength: 3 }).map((names) => names.join(" , ")),
  fc.stringMatching(/^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,8}[\x21-\x7e\x80-\xff])?$/),
)

/** The fields of a message, some of them several times. */
export const anyHeaders: fc.Arbitrary<ReadonlyArray<readonly [name: string, value: string]>> = fc.array(
  fc.tuple(name, value),
  { maxLength: 20 },
)

/**
 * All that can be seen of headers, in one order: that of different names means nothing (RFC 9110 §5.3), nor does a blank at
 * the end of a value (§5.5).
 */
export const linesOf = (headers: Iterable<readonly [string, string]>): ReadonlyArray<string> =>
  [...headers].map(([name, value]) => `${name}: ${value}`.trim()).sort()
