/** The command behind `npm run demo`. */
import { startDemoGateway } from "../../lib/commands/demo-gateway.ts"
import { runDemo } from "./run-demo.ts"

await runDemo(startDemoGateway)
