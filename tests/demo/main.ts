/** The command behind `npm run demo`; with `--keep` it goes on, and the console is built first. */
import process from "node:process"
import { bundleConsole } from "../../lib/commands/bundle-console.ts"
import { startDemoGateway } from "../../lib/commands/demo-gateway.ts"
import { runDemo } from "./run-demo.ts"

const keeps = process.argv.includes("--keep")
if (keeps) await bundleConsole()
await runDemo(startDemoGateway, { keeps })
