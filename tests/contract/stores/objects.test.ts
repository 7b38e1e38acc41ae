/**
 * The contract's subjects that count, write settings or read the log, on workerd with Durable Objects. Those whose
 * counts are exact are spread over three isolates: each connection goes to the next of them.
 */
import { contract } from "../contract.ts"
import type { SharedStore } from "../harness.ts"

/** Each gateway has its own, in a folder that is gone with it. */
const objects = (isolates: string): SharedStore => ({
  open: () => Promise.resolve({ TEST_OBJECTS: isolates }),
  close: () => Promise.resolve(),
})

contract(
  "workerd",
  ["limits", "limit partitions", "limit states", "spend rules", "reserved budgets"],
  objects("spread"),
)
// What calls under way may cost without `reserve`, and what is cached, each isolate knows for itself.
contract("workerd", ["spend limits", "log api", "log figures", "written settings", "console"], objects("[]"))
