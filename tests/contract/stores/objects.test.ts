/** The contract's subjects that count, write settings or read the log, on workerd with Durable Objects. */
import { contract } from "../contract.ts"
import type { SharedStore } from "../harness.ts"
import { counting } from "./shared.ts"

/** Each gateway has its own, in a folder that is gone with it. */
const objects: SharedStore = {
  open: () => Promise.resolve({ TEST_OBJECTS: "[]" }),
  close: () => Promise.resolve(),
}

contract("workerd", [
  ...counting.filter((subject) => subject !== "cache"),
  "log api",
  "log figures",
  "written settings",
  "console",
], objects)
