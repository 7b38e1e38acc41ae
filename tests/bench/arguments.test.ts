import assert from "node:assert/strict"
import { test } from "node:test"
import { readArguments } from "./arguments.ts"

test("without options everything is measured, on every runtime", () => {
  const { runtimes, only, short, busy, json } = readArguments([], {})
  assert.deepEqual({ runtimes, only, short, busy, json }, {
    runtimes: ["bun", "deno", "node", "workerd"],
    only: [],
    short: false,
    busy: false,
    json: "dist/bench.json",
  })
})

test("runtimes and measures are listed with commas", () => {
  const { runtimes, only } = readArguments(["--runtime", "node,bun", "--only", "latency,size"], {})
  assert.deepEqual(runtimes, ["bun", "node"])
  assert.deepEqual(only, ["latency", "size"])
})

test("peers are those that are installed unless they are named", () => {
  const peers = (...args: ReadonlyArray<string>) => readArguments(args, {}).peers
  assert.deepEqual([peers(), peers("--peers", "nginx,haproxy"), peers("--peers", "")], [
    undefined,
    ["nginx", "haproxy"],
    [],
  ])
})

test("Portkey's folder may come from the environment", () => {
  assert.equal(readArguments([], { PORTKEY: "/opt/portkey" }).portkey, "/opt/portkey")
  assert.equal(
    readArguments(["--portkey", "/tmp/portkey"], { PORTKEY: "/opt/portkey" }).portkey,
    "/tmp/portkey",
  )
})

test("what is not understood is refused", () => {
  assert.throws(() => readArguments(["--runtime", "java"], {}), /bun, deno, node, workerd, not java/)
  assert.throws(() => readArguments(["--fast"], {}), /fast/)
})
