/**
 * The default assembly of the gateway's services.
 *
 * @module
 */
import * as Layer from "effect/Layer"
import { AuthForwarder } from "./auth/AuthForwarder.ts"
import { GatewayAuth } from "./auth/GatewayAuth.ts"
import type { Settings } from "./config/Settings.ts"
import type { Stages } from "./pipeline.ts"
import { StreamRelay } from "./relay/StreamRelay.ts"
import type { Transport } from "./relay/Transport.ts"
import { Upstream } from "./relay/Upstream.ts"
import { UrlResolver } from "./route/UrlResolver.ts"
import { Telemetry } from "./telemetry/Telemetry.ts"

/** Every service of the gateway but the settings and the transport. All of them build without waiting. */
export const layerDefault: Layer.Layer<Exclude<Stages, Settings> | Telemetry, never, Settings | Transport> =
  Layer
    .mergeAll(
      UrlResolver.layer,
      GatewayAuth.layer,
      AuthForwarder.layer,
      Upstream.layer,
      StreamRelay.layer,
      Telemetry.layerConsole,
    )
