/**
 * A caller's `cf-aig-metadata` as attributes, under its own keys.
 *
 * @module
 */
import { boolValue, doubleValue, type OtlpValue, textValue } from "../otlp/values.ts"
import type { RequestRecord } from "../../record/request-record.ts"

/**
 * Reserved namespaces: those of OpenTelemetry (semantic-conventions 1.44, which reserves them entirely) and ours. A
 * caller who could write to them could forge the cost or the origin of a call.
 */
const taken: ReadonlySet<string> = new Set(
  ("basegate baseten " +
    "android app artifact aspnetcore aws az azure browser cassandra cicd client cloud cloudevents cloudfoundry code " +
    "container cpu cpython db deployment destination device disk dns dotnet elasticsearch enduser error event " +
    "exception faas feature_flag file gcp gen_ai geo go graphql heroku host http hw ios jsonrpc jvm k8s linux log " +
    "mainframe mcp message messaging net network nfs nodejs oci onc_rpc openai openshift opentracing oracle " +
    "oracle_cloud oracledb os otel peer pool pprof process profile rpc security_rule server service session signalr " +
    "source state system telemetry test thread tls url user user_agent v8js vcs webengine zos").split(" "),
)

/** Whether a name is outside those namespaces. Case is ignored, as some backends do. */
const isFree = (key: string): boolean => {
  const dot = key.indexOf(".")
  return key !== "" && (dot < 0 || !taken.has(key.slice(0, dot).toLowerCase()))
}

const valueOf = (value: string | number | boolean): OtlpValue =>
  typeof value === "string"
    ? textValue(value)
    : typeof value === "number"
    ? doubleValue(value)
    : boolValue(value)

/** The attributes, with unchanged keys as in Cloudflare's export. Reserved ones are left out. */
export const metadataAttributes = (
  { metadata }: Pick<RequestRecord, "metadata">,
): Readonly<Record<string, OtlpValue>> =>
  Object.fromEntries(
    Object.entries(metadata).filter(([key]) => isFree(key)).map(([key, value]) => [key, valueOf(value)]),
  )
