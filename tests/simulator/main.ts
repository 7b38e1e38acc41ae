/** The command behind `npm run simulator`: runs until it is told to stop. */
import process from "node:process"
import { startSimulator } from "./server.ts"

const port = Number(process.env["PORT"] || "9100")
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error("PORT must be a whole number from 0 to 65535")
  process.exit(1)
}
const simulator = await startSimulator({ port })
console.log(`Baseten simulator on ${simulator.url}. For a gateway in another shell:\n`)
for (const [name, value] of Object.entries(simulator.env)) console.log(`export ${name}='${value}'`)
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void simulator.close())
