import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { fifo } from "../../../lib/request-log/memory/fifo.ts"

test("fifo() gives what is still there, in the order of arrival", () => {
  const step = fc.oneof(fc.constant("push" as const), fc.constant("first" as const), fc.nat(200))
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const queue = fifo<{ gone: boolean }>()
    const model: Array<{ gone: boolean }> = []
    for (const step of steps) {
      if (step === "push") {
        const item = { gone: false }
        model.push(item)
        queue.push(item)
      } else {
        const [item] = model.splice(step === "first" ? 0 : step, 1)
        if (item !== undefined) {
          item.gone = true
          queue.left()
        }
      }
      assert.equal(queue.first(), model[0])
      assert.equal(queue.size(), model.length)
      assert.deepEqual(queue.take(3), model.slice(0, 3))
      assert.ok(queue.take(3).every((item, index) => item === model[index]))
    }
    assert.equal(queue.items().length, model.length)
  }))
})
