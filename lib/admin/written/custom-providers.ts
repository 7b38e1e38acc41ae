/**
 * Custom providers of an account, which all of its written gateways may call.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminConflict, noCustomProvider, slugTaken } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { objectOf } from "../../json/parse.ts"
import { withItem, type WrittenDocument, type WrittenProvider } from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { listing, pageOf, showing, unlessChanged } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { readProvider } from "./read-provider.ts"
import { shownHeaders } from "./references.ts"

const kind = "custom_provider" as const

/** A provider, with masked secrets. `headers` is JSON as text, as at Cloudflare. */
const providerJson = (
  { id, slug, enable, settings, noted, created_at, modified_at, account }: WrittenProvider,
  document: Pick<WrittenDocument, "secrets">,
) => {
  const headers = shownHeaders(objectOf(settings["headers"]), document)
  return {
    id,
    account_tag: account,
    slug,
    ...noted,
    base_url: settings["base_url"],
    allow_http: settings["allow_http"] ?? false,
    enable,
    headers: JSON.stringify(headers),
    created_at,
    modified_at,
  }
}

const placeOf = ({ route: { account }, author }: WriteContext) => ({ kind, author, account, gateway: null })

const withProvider = (document: WrittenDocument, id: string, provider: WrittenProvider | undefined) => ({
  ...document,
  providers: withItem(document.providers, id, provider),
})

/** The providers of the request's account, by name. */
const providersOf = ({ document, route }: WriteContext): ReadonlyArray<WrittenProvider> =>
  document.providers.filter(({ account }) => account === route.account)
    .sort((one, other) =>
      Number(one.noted["position"] ?? 0) - Number(other.noted["position"] ?? 0) ||
      String(one.noted["name"]).localeCompare(String(other.noted["name"]))
    )

const orders = ["name ASC"] as const

/** Lists the providers. */
export const listProviders = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.map(
    pageOf(context.search, providersOf(context), (parameters) => {
      const text = (parameters.text("search", 200) ?? "").toLowerCase()
      const enable = parameters.boolean("enable")
      const beta = parameters.boolean("beta")
      parameters.oneOf("order_by", orders)
      return (provider) =>
        [provider.id, provider.slug, String(provider.noted["name"])].some((one) =>
          one.toLowerCase().includes(text)
        ) &&
        (enable === undefined || provider.enable === enable) &&
        (beta === undefined || provider.noted["beta"] === beta)
    }),
    (page) => listing(page, (provider) => providerJson(provider, context.document)),
  )

/** Shows a provider. */
export const showProvider = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const { item } = context.route
  const provider = providersOf(context).find(({ id }) => id === item)
  return provider === undefined
    ? Result.fail(noCustomProvider(item))
    : Result.succeed(showing(providerJson(provider, context.document), provider))
}

/** Creates a provider. */
export const createProvider = async (context: WriteContext): Handled => {
  const { account } = context.route
  const read = await readProvider(context, undefined)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const { part, secrets } = read.success
  const id = crypto.randomUUID()
  return await context.written.change({
    ...placeOf(context),
    secrets,
    edit: ({ document, version, now }) => {
      if (document.providers.some((one) => one.account === account && one.slug === part.slug)) {
        return Result.fail(slugTaken(part.slug))
      }
      const provider = { id, account, version, created_at: now, modified_at: now, ...part }
      const shown = providerJson(provider, document)
      return Result.succeed({
        document: withProvider(document, id, provider),
        action: "create",
        id,
        before: null,
        after: shown,
        answer: () => showing(shown, provider),
      })
    },
  })
}

const findProvider = (document: WrittenDocument, { route: { account, item } }: WriteContext) =>
  document.providers.find((one) => one.id === item && one.account === account)

/** Changes the members of a provider that the body has. */
export const changeProvider = async (context: WriteContext): Handled => {
  const { item: id } = context.route
  const known = findProvider(context.document, context)
  if (known === undefined) return Result.fail(noCustomProvider(id))
  const read = await readProvider(context, known)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const { part, secrets } = read.success
  return await context.written.change({
    ...placeOf(context),
    secrets,
    edit: ({ document, version, now }) => {
      const before = findProvider(document, context)
      if (before === undefined) return Result.fail(noCustomProvider(id))
      const changed = unlessChanged(context.ifMatch, before, () => providerJson(before, document))
      if (changed !== undefined) return Result.succeed(changed)
      const provider = { ...before, ...part, version, modified_at: now }
      const shown = providerJson(provider, document)
      return Result.succeed({
        document: withProvider(document, id, provider),
        action: "update",
        id,
        before: providerJson(before, document),
        after: shown,
        answer: () => showing(shown, provider),
      })
    },
  })
}

/** Deletes a provider, unless a route or a key of one of the account's gateways needs it. */
export const deleteProvider = (context: WriteContext): Handled => {
  const { account, item: id } = context.route
  return context.written.change({
    ...placeOf(context),
    edit: ({ document }) => {
      const provider = findProvider(document, context)
      if (provider === undefined) return Result.fail(noCustomProvider(id))
      const shown = providerJson(provider, document)
      const changed = unlessChanged(context.ifMatch, provider, () => shown)
      if (changed !== undefined) return Result.succeed(changed)
      const used = document.gateways.find((gateway) =>
        gateway.account === account && gateway.keys.some((key) => key.provider === `custom-${provider.slug}`)
      )
      if (used !== undefined) {
        return Result.fail(adminConflict(
          `Gateway "${used.id}" has a key for custom-${provider.slug}. Delete its provider configs first.`,
        ))
      }
      return Result.succeed({
        document: withProvider(document, id, undefined),
        action: "delete",
        id,
        before: shown,
        after: null,
        answer: () => envelope(shown),
      })
    },
  })
}
