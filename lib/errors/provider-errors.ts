/**
 * The errors for providers that gave no usable answer.
 *
 * @module
 */
import { GatewayError } from "../errors.ts"

/** Baseten gave no answer: no connection, or one that closed before the headers. */
export const providerFailed = (host: string): GatewayError =>
  new GatewayError({
    reason: "provider_failed",
    detail:
      `Cannot get an answer from ${host}: the connection failed, or closed before there was a whole one. ` +
      "Try again, or check the base URL and Baseten's status.",
  })

/** A stream came in a content coding, though none was requested, which the gateway cannot decode. */
export const providerCoded = (host: string, coding: string): GatewayError =>
  new GatewayError({
    reason: "provider_failed",
    detail: `The stream of ${host} is in the content coding "${coding}", which cannot be read here. ` +
      "Make the server, or the proxy before it, send streams without one.",
  })

/** The provider's answer is a redirect: a client that followed it would give its credentials to another host. */
export const providerRedirected = (host: string, status: number): GatewayError =>
  new GatewayError({
    reason: "provider_failed",
    detail: `The answer of ${host} is a redirect (${status}), which is neither followed nor handed on. ` +
      "Check the base URL and the path.",
  })

/** The runtime does not let the process call a host: `flag` would. */
export const networkForbidden = (host: string, runtime: string, flag: string): GatewayError =>
  new GatewayError({
    reason: "provider_failed",
    detail: `Cannot reach ${host}: ${runtime} does not let the gateway use the network. ` +
      `Start the gateway again with ${flag}.`,
  })

/** Baseten's response headers did not come in time. */
export const providerTimeout = (host: string, which: string): GatewayError =>
  new GatewayError({
    reason: "provider_timeout",
    detail: `No response headers from ${host} before the ${which} ran out. Try again, or raise the setting.`,
  })

/** The circuit of an upstream host is open: the host failed too often recently, and is not called for a while. */
export const circuitOpen = (host: string, seconds: number): GatewayError =>
  new GatewayError({
    reason: "circuit_open",
    detail: `Calls to ${host} are held back after repeated failures. Try again in ${seconds} s.`,
    headers: { "retry-after": String(seconds) },
  })
