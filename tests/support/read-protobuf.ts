/** Reads protobuf without knowing its messages: the fields by number, as they came. */

export type Field = bigint | Uint8Array

/** The fields of a message; numbers of 4 and 8 bytes are their bits. */
export const fieldsOf = (bytes: Uint8Array): ReadonlyMap<number, ReadonlyArray<Field>> => {
  const fields = new Map<number, Array<Field>>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const fixed = (size: number): bigint => {
    let value = 0n
    for (let index = size - 1; index >= 0; index--) value = value << 8n | BigInt(bytes[at + index] ?? 0)
    at += size
    return value
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const [number, wire] = [tag >> 3, tag & 7]
    const values = fields.get(number) ?? []
    fields.set(number, values)
    if (wire === 0) values.push(varint())
    else if (wire === 1) values.push(fixed(8))
    else if (wire === 5) values.push(fixed(4))
    else {
      const length = Number(varint())
      values.push(bytes.subarray(at, at += length))
    }
  }
  return fields
}

/** The messages at a path of field numbers, in order. */
export const messagesAt = (bytes: Uint8Array, ...path: ReadonlyArray<number>): ReadonlyArray<Uint8Array> =>
  path.reduce<ReadonlyArray<Uint8Array>>(
    (all, number) => all.flatMap((each) => (fieldsOf(each).get(number) ?? []) as ReadonlyArray<Uint8Array>),
    [bytes],
  )

/** A field of text. */
export const textAt = (bytes: Uint8Array, ...path: ReadonlyArray<number>): string =>
  new TextDecoder().decode(messagesAt(bytes, ...path)[0])
