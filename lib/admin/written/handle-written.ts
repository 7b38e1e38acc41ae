/**
 * Routes requests about written settings to their handlers.
 *
 * @module
 */
import * as Result from "effect/Result"
import { wholeBody } from "../../body/read-body.ts"
import { makeUploads } from "../../body/Uploads.ts"
import type { SettingsControlShape } from "../../config/SettingsControl.ts"
import type { SettingsShape } from "../../config/settings-shape.ts"
import { adminBadRequest } from "../../errors/admin-errors.ts"
import { bodyTooLarge, GatewayError } from "../../errors.ts"
import type { Exchange } from "../../exchange.ts"
import { parseExactly } from "../../json/exact-json.ts"
import { repeatedKey, twice } from "../../json/repeated-key.ts"
import { isObject, type JsonObject } from "../../json/parse.ts"
import type { AdminRoute } from "../../route/admin-paths.ts"
import type { WrittenSettingsShape } from "../../settings-store/WrittenSettings.ts"
import type { DatasetEntries } from "../evaluation/dataset-entries.ts"
import type { JudgeRunsShape } from "../evaluation/JudgeRuns.ts"
import { requestedFormat } from "../export-format.ts"
import { listAudit } from "./audit.ts"
import type { Handled, WriteContext } from "./context.ts"
import {
  changeProvider,
  createProvider,
  deleteProvider,
  listProviders,
  showProvider,
} from "./custom-providers.ts"
import { changeDataset, createDataset, listDatasets, showDataset } from "./datasets.ts"
import {
  changeEvaluationType,
  createEvaluationType,
  listEvaluationTypes,
  showEvaluationType,
} from "./evaluation-types.ts"
import { cancelEvaluation, deleteEvaluation, listEvaluations, showEvaluation } from "./evaluations.ts"
import { addGateway, changeGateway, deleteGateway } from "./gateways.ts"
import { createEvaluation, rerunEvaluation } from "./make-evaluation.ts"
import { exportList } from "./export-list.ts"
import { changeConfig, createConfig, deleteConfig, listConfigs, showConfig } from "./provider-configs.ts"
import { createVersion, deploy, listDeployments, listVersions, showVersion } from "./route-versions.ts"
import { createRoute, deleteRoute, listRoutes, renameRoute, showRoute } from "./routes.ts"
import { changeToken, createToken, listTokens, revokeToken, rotateToken, showToken } from "./tokens.ts"

/** The largest body, in bytes, and the deepest nesting: written settings are parsed again and again. */
const bodyLimit = 1_048_576
const mostDepth = 64

/** How long a body may be silent, in milliseconds. */
const silence = 30_000
const openBody = makeUploads({ arriving: Infinity, held: Infinity })

const isTooDeep = (value: unknown, depth = 0): boolean =>
  typeof value === "object" && value !== null &&
  (depth > mostDepth || Object.values(value).some((member) => isTooDeep(member, depth + 1)))

const readBody = async (request: Request): Promise<Result.Result<JsonObject, GatewayError>> => {
  if (request.method === "GET" || request.method === "HEAD") return Result.succeed({})
  const read = await wholeBody(openBody(request, silence), bodyLimit)
  if (Result.isFailure(read) && read.failure.reason !== "body_too_large") return Result.fail(read.failure)
  if (Result.isFailure(read) || read.success.kind === "stream") {
    return Result.fail(adminBadRequest(bodyTooLarge(bodyLimit).detail))
  }
  if (read.success.kind === "none") return Result.succeed({})
  const text = new TextDecoder().decode(read.success.bytes)
  if (request.method === "DELETE" && text.trim() === "") return Result.succeed({})
  try {
    const body = text === "" ? {} : parseExactly(text)
    const repeated = repeatedKey(text)
    if (repeated !== undefined) return Result.fail(adminBadRequest(twice(repeated)))
    return isObject(body) && !isTooDeep(body) ? Result.succeed(body) : Result.fail(
      adminBadRequest(
        "The body is not a JSON object, or nests too deeply. Send a JSON object with the fields to write.",
      ),
    )
  } catch {
    return Result.fail(adminBadRequest("The body is not JSON. Send a JSON object with the fields to write."))
  }
}

const handle = (context: WriteContext): Handled | Result.Result<Response, GatewayError> => {
  const { method, route: { name } } = context
  const isPost = method === "POST"
  const isPatch = method === "PATCH"
  const isDelete = method === "DELETE"
  switch (name) {
    case "gateways":
      return addGateway(context)
    case "gateway":
      return isDelete ? deleteGateway(context) : changeGateway(context)
    case "routes":
      return isPost ? createRoute(context) : listRoutes(context)
    case "route":
      return isPatch ? renameRoute(context) : isDelete ? deleteRoute(context) : showRoute(context)
    case "route.versions":
      return isPost ? createVersion(context) : listVersions(context)
    case "route.version":
      return showVersion(context)
    case "route.deployments":
      return isPost ? deploy(context) : listDeployments(context)
    case "provider_configs":
      return isPost ? createConfig(context) : listConfigs(context)
    case "provider_config":
      return isPatch ? changeConfig(context) : isDelete ? deleteConfig(context) : showConfig(context)
    case "tokens":
      return isPost ? createToken(context) : listTokens(context)
    case "token":
      return isPatch ? changeToken(context) : isDelete ? revokeToken(context) : showToken(context)
    case "token.rotate":
      return rotateToken(context)
    case "datasets":
      return isPost ? createDataset(context) : listDatasets(context)
    case "dataset":
      return method === "PUT" || isDelete ? changeDataset(context) : showDataset(context)
    case "evaluations":
      return isPost ? createEvaluation(context) : listEvaluations(context)
    case "evaluation":
      return isDelete ? deleteEvaluation(context) : showEvaluation(context)
    case "evaluation.rerun":
      return rerunEvaluation(context)
    case "evaluation.cancel":
      return cancelEvaluation(context)
    case "evaluation_types":
      return isPost ? createEvaluationType(context) : listEvaluationTypes(context)
    case "evaluation_type":
      return method === "PUT" || isDelete ? changeEvaluationType(context) : showEvaluationType(context)
    case "custom_providers":
      return isPost ? createProvider(context) : listProviders(context)
    case "custom_provider":
      return isPatch ? changeProvider(context) : isDelete ? deleteProvider(context) : showProvider(context)
    default:
      return listAudit(context)
  }
}

/** What can be exported. */
const lists: ReadonlyArray<string> = [
  "routes",
  "route.versions",
  "route.deployments",
  "provider_configs",
  "custom_providers",
  "tokens",
  "datasets",
  "evaluations",
  "evaluation_types",
  "audit",
]

/** Answers a request about written settings. */
export const handleWritten = async (
  { request, url, host }: Exchange,
  route: AdminRoute,
  who: string,
  services: {
    readonly written: WrittenSettingsShape
    readonly control: SettingsControlShape
    readonly settings: SettingsShape
    readonly entries: DatasetEntries
    readonly judging: JudgeRunsShape
  },
): Handled => {
  const body = await readBody(request)
  if (Result.isFailure(body)) return Result.fail(body.failure)
  const document = await services.written.newest()
  if (Result.isFailure(document)) return Result.fail(document.failure)
  const asked = requestedFormat(new URLSearchParams(url.search), request.headers)
  if (asked instanceof GatewayError) return Result.fail(asked)
  const context: WriteContext = {
    ...services,
    host,
    route,
    method: request.method,
    search: asked.search,
    body: body.success,
    ifMatch: request.headers.get("if-match"),
    author: {
      who,
      from: host.clientAddress?.(request) ?? null,
      forwarded_for:
        (request.headers.get("forwarded") ?? request.headers.get("x-forwarded-for"))?.slice(0, 200) ?? null,
    },
    document: document.success,
  }
  const isList = lists.includes(route.name) && (request.method === "GET" || request.method === "HEAD")
  return isList && asked.format !== "json"
    ? await exportList(context, asked.format, handle)
    : await handle(context)
}
