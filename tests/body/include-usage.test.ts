import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { requestUsage } from "../../lib/body/include-usage.ts"

const asked = (text: string): string | undefined => {
  const bytes = requestUsage(new TextEncoder().encode(text))
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
}

test("askUsage() requests the usage, and leaves every other byte unchanged", () => {
  const table: ReadonlyArray<readonly [body: string, sent: string]> = [
    ["{}", '{"stream_options":{"include_usage":true}}'],
    [" { } ", ' {"stream_options":{"include_usage":true} } '],
    [
      '{ "stream": true, "x": 1e400, "x": 12345678901234567890.10 }\n',
      '{ "stream": true, "x": 1e400, "x": 12345678901234567890.10,"stream_options":{"include_usage":true} }\n',
    ],
    [
      '\ufeff{"stream":true,"m":"\\u00e9 é 🌍 }"}',
      '\ufeff{"stream":true,"m":"\\u00e9 é 🌍 }","stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream_options" : null , "stream":true}',
      '{"stream_options" : {"include_usage":true} , "stream":true}',
    ],
    ['{"stream_options":{}}', '{"stream_options":{"include_usage":true}}'],
    [
      '{"stream_options":{ "n": 1.10 , "n": 2 },"z":1}',
      '{"stream_options":{ "n": 1.10 , "n": 2,"include_usage":true },"z":1}',
    ],
    [
      '{"stream_options":{ "include_usage" : false , "x":{} },"z":1}',
      '{"stream_options":{ "include_usage" : true , "x":{} },"z":1}',
    ],
    ['{"stream_options":{"include_usage":null}}', '{"stream_options":{"include_usage":true}}'],
    [
      '{"a":{"stream_options":{"include_usage":true}}}',
      '{"a":{"stream_options":{"include_usage":true}},"stream_options":{"include_usage":true}}',
    ],
  ]
  for (const [body, sent] of table) assert.equal(asked(body), sent, body)
})

test("askUsage() leaves bodies alone that request it already, or that it cannot judge", () => {
  const bodies = [
    '{"stream_options":{"include_usage":true}}',
    '{"stream_options":{"continuous_usage_stats":false,"include_usage" : true }}',
    '{"stream_options":null,"stream_options":null}',
    String.raw`{"stream_options":null,"stream_option\u0073":{"include_usage":true}}`,
    '{"stream_options":{"include_usage":false,"include_usage":false}}',
    '{"stream_options":{"include_usage":"no"}}',
    '{"stream_options":{"include_usage":0}}',
    '{"stream_options":true}',
    '{"stream_options":[]}',
    '{"stream_options":"x"}',
    "",
    "null",
    "[]",
    '{"a":1',
    '{"a":1} {}',
  ]
  for (const body of bodies) assert.equal(asked(body), undefined, body)
})

test("askUsage() adds the request to any body, and nothing else; a second time it adds nothing", () => {
  const options = fc.option(
    fc.record({ include_usage: fc.option(fc.boolean()), x: fc.jsonValue() }, { requiredKeys: [] }),
  )
  const body = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.option(options, { nil: undefined }))
  fc.assert(fc.property(body, fc.constantFrom(0, 2), ([rest, options], indent) => {
    const text = JSON.stringify({ ...rest, stream_options: options, last: 1 }, null, indent)
    const sent = asked(text)
    const given = JSON.parse(text) as { readonly stream_options?: object }
    if (options?.include_usage === true) return assert.equal(sent, undefined)
    assert.ok(sent !== undefined)
    assert.deepEqual(JSON.parse(sent), {
      ...given,
      stream_options: { ...given.stream_options, include_usage: true },
    })
    assert.equal(asked(sent), undefined)
  }))
})
