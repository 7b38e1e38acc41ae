/**
 * The demo's gateway in this process, with its weeks of traffic.
 *
 * @module
 */
import { startDemoGateway } from "../../lib/commands/demo-gateway.ts"
import { demoSettings } from "../demo/demo-settings.ts"
import { pastTraffic } from "../demo/past-traffic.ts"
import { startSimulator } from "../simulator/server.ts"
import { adminToken } from "./filled-gateway.ts"

/** A gateway of the demo's. */
export interface OpenDemo {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Starts it. */
export const openDemo = async (): Promise<OpenDemo> => {
  const simulator = await startSimulator()
  const past = pastTraffic(Date.now())
  const gateway = await startDemoGateway({
    variables: {
      ...simulator.env,
      BASEGATE_ADMIN_TOKEN: adminToken,
      BASETEN_API_KEY: "sk-stored",
      BASEGATE_CONFIG: JSON.stringify(demoSettings(past)),
    },
    past,
  })
  return {
    url: gateway.url,
    close: async () => {
      await gateway.stop()
      await simulator.close()
    },
  }
}
