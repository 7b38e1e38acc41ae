/**
 * What the gateway answers about itself, without credentials.
 *
 * @module
 */
import type { OwnRoute } from "../route/routes.ts"
import { product } from "../version.ts"

/** The answer of `/`, `/livez` or `/readyz`. That it is given at all says that the settings were read. */
export const ownAnswer = (route: OwnRoute): Response =>
  Response.json(route.name === "home" ? product : { status: "ok" }, {
    headers: { "cache-control": "no-store" },
  })
