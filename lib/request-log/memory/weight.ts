/**
 * The rough cost of holding entries and bodies in memory.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import type { Payloads } from "../entry.ts"

/** An object of about 45 fields with its ids, and its places in queues. */
const bytesPerEntry = 1500
const bytesPerAttempt = 300

const lengthOf = (text: string | null | undefined): number => 2 * (text?.length ?? 0)

const metadataWeight = (metadata: RequestRecord["metadata"]): number => {
  let weight = 0
  for (const key in metadata) weight += lengthOf(key) + lengthOf(String(metadata[key]))
  return weight
}

/** The approximate bytes of an entry, including its texts, whose length callers choose. */
export const recordWeight = (record: RequestRecord): number =>
  bytesPerEntry + lengthOf(record.path) + lengthOf(record.model) + lengthOf(record.error) +
  lengthOf(record.user_agent) + lengthOf(record.event_id) + lengthOf(record.request_content_type) +
  lengthOf(record.response_content_type) + bytesPerAttempt * record.attempts.length +
  metadataWeight(record.metadata)

/** The approximate bytes of bodies. */
export const payloadsWeight = (payloads: Payloads | undefined): number =>
  lengthOf(payloads?.request?.text) + lengthOf(payloads?.response?.text)
