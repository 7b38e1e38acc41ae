/**
 * The gateway's URL scheme, which is Cloudflare AI Gateway's: `/v1/{account_id}/{gateway_id}/{provider}/…`, and without a
 * provider for universal requests.
 *
 * @module
 */
import { withoutEmptySegments } from "./path-spelling.ts"

/** A gateway of an account, as paths name it. */
export interface GatewayPlace {
  readonly account: string
  readonly gateway: string
}

/** What a path names. */
export interface GatewayPath extends GatewayPlace {
  /** Empty for the universal endpoint. */
  readonly provider: string
  /** What follows the provider, with its first slash; empty if nothing does. */
  readonly rest: string
}

const pattern = /^\/v1\/([\w-]{1,64})\/([\w-]{1,64})(?:\/([^/]*)(\/.*)?)?$/

/** Reads a path without empty segments; `undefined` if it is not one of a gateway's. */
export const parseGatewayPath = (path: string): GatewayPath | undefined => {
  const match = pattern.exec(path)
  if (match === null) return undefined
  const [, account = "", gateway = "", provider = "", rest = ""] = match
  return { account, gateway, provider, rest }
}

/** The gateway that a path names, whatever follows; `undefined` if it is not one of a gateway's. */
export const placeOf = (path: string): GatewayPlace | undefined =>
  parseGatewayPath(withoutEmptySegments(path))

/** The path of a gateway, without a slash at its end. */
export const gatewayPath = ({ account, gateway }: GatewayPlace): string => `/v1/${account}/${gateway}`

/** The form of such a path, for messages. */
export const gatewayPathForm = gatewayPath({ account: "{account_id}", gateway: "{gateway_id}" })
