/**
 * A logged request as a command line.
 *
 * @module
 */
import type { EntryDetail } from "./types.ts"

/** Quotes a word for a POSIX shell: within single quotes only the quote itself is special. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The command for a logged request, with a variable for the key, which the log does not have. */
export const curlOf = (entry: EntryDetail, body: string | undefined): string => {
  const parts = [`curl ${quoted(location.origin + entry.path)}`]
  if (entry.method !== "POST" && entry.method !== "GET") parts.push(`--request ${quoted(entry.method)}`)
  parts.push('--header "Authorization: Bearer $BASETEN_API_KEY"')
  if (entry.method !== "GET") {
    parts.push(`--header ${quoted(`Content-Type: ${entry.request_content_type || "application/json"}`)}`)
    parts.push(`--data ${quoted(body ?? JSON.stringify({ model: entry.model, messages: [] }))}`)
  }
  return parts.join(" \\\n  ")
}
