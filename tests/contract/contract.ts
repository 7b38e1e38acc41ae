/**
 * The contract: what a gateway does, whatever it runs on. Each file of `runtimes/` runs all of it for real.
 */
import { describe } from "node:test"
import type { Runtime } from "../support/spawn-gateway.ts"
import { bodyCases } from "./cases/bodies.ts"
import { clientCases } from "./cases/clients.ts"
import { clockCases } from "./cases/clocks.ts"
import { compatCases } from "./cases/compat.ts"
import { corsCases } from "./cases/cors.ts"
import { credentialCases } from "./cases/credentials.ts"
import { endingCases } from "./cases/endings.ts"
import { errorCases } from "./cases/errors.ts"
import { headerCases } from "./cases/headers.ts"
import { leavingCases } from "./cases/leaving.ts"
import { relayCases } from "./cases/relay.ts"
import { routeCases } from "./cases/routes.ts"
import { type Harness, openHarness } from "./harness.ts"

const subjects: Readonly<Record<string, (harness: Harness) => void>> = {
  routes: routeCases,
  compat: compatCases,
  headers: headerCases,
  credentials: credentialCases,
  cors: corsCases,
  bodies: bodyCases,
  relay: relayCases,
  endings: endingCases,
  clocks: clockCases,
  leaving: leavingCases,
  errors: errorCases,
  clients: clientCases,
}

/** Declares every case for one runtime. */
export const contract = (runtime: Runtime): void => {
  describe(runtime, () => {
    const harness = openHarness(runtime)
    for (const [subject, cases] of Object.entries(subjects)) describe(subject, () => cases(harness))
  })
}
