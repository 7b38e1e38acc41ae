/**
 * The gateway on Bun or Deno without what observes it: no line, log, instruments or traces, and no stream asked for its
 * usage. What remains of metering is the search for the usage in what passes.
 *
 * @module
 */
import process from "node:process"
import { createGateway, Telemetry } from "../../mod.ts"

const settings = { gateways: { "*": { collect_logs: false, stream_usage: false } } }
const gateway = createGateway({
  env: { ...process.env, BASEGATE_CONFIG: JSON.stringify(settings) },
  layer: Telemetry.layerNone,
})
const context = { loopback: true }

export default {
  port: Number(process.env["PORT"]),
  hostname: "127.0.0.1",
  idleTimeout: 0,
  development: false,
  fetch: (request: Request): Promise<Response> => gateway.fetch(request, context),
}
