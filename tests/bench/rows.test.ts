import assert from "node:assert/strict"
import { test } from "node:test"
import { rowsOf } from "./rows.ts"
import type { Subject } from "./subjects.ts"
import { summarise } from "./summary.ts"

const subject = (name: string): Subject => ({
  name,
  path: "",
  headers: () => ({}),
  spawn: () => {
    throw new Error("not here")
  },
})

const [floor, before, gateway, nginx] = ["floor", "before", "gateway", "nginx"].map(subject) as [
  Subject,
  Subject,
  Subject,
  Subject,
]

const told = {
  own: ({ name }: Subject) => ({ own: summarise([name.length]) }),
  relative: (_: Subject, other: Subject) => ({ [`to ${other.name}`]: summarise([1]) }),
  toPeer: (_: Subject, peer: Subject) => ({ [`to ${peer.name}`]: summarise([2]) }),
}

test("both checkouts' gateways are held against one floor, and the later one against the earlier", () => {
  const rows = rowsOf(
    { groups: [{ name: "bun", base: floor, gateways: [before, gateway] }], peers: [] },
    "",
    told,
  )
  assert.deepEqual(rows.map(({ name, cells }) => [name, Object.keys(cells)]), [
    ["bun", ["to floor", "to before", "own"]],
    ["bun before", ["to floor", "own"]],
    ["bun floor", ["own"]],
  ])
})

test("gateways are held against peers where a measure does so, and a floor that groups share has one row", () => {
  const groups = ["bun", "bun, from source"].map((name) => ({ name, base: floor, gateways: [gateway] }))
  const names = rowsOf({ groups, peers: [nginx] }, ", 16", told).map(({ name }) => name)
  assert.deepEqual(names, ["bun, 16", "bun floor, 16", "bun, from source, 16", "nginx, 16"])
  const columns = (of: typeof told | Omit<typeof told, "toPeer">) =>
    Object.keys(rowsOf({ groups, peers: [nginx] }, "", of)[0]?.cells ?? {})
  assert.deepEqual(columns(told), ["to floor", "to nginx", "own"])
  assert.deepEqual(columns({ own: told.own, relative: told.relative }), ["to floor", "own"])
})
