/**
 * How written settings are read, put in force and changed.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { SettingsProblem } from "../config/declaration.ts"
import type { SettingsControlShape } from "../config/SettingsControl.ts"
import { adminBadRequest, adminUnavailable } from "../errors/admin-errors.ts"
import { GatewayError } from "../errors.ts"
import type { Change, Edited } from "./change.ts"
import { documentText } from "./document.ts"
import { closedSecrets, DocumentInForce, type SealedSecrets } from "./document-in-force.ts"
import { makeFreshness } from "./freshness.ts"
import { isBusy, retryWhileBusy } from "./retry-while-busy.ts"
import { warn } from "../sqlite/warn.ts"
import { previewOf, type Sealer } from "./sealing.ts"
import type { SettingsStoreShape, StoredDocument, StoreProblem } from "./SettingsStore.ts"
import { monotonicNow } from "../time/monotonic.ts"
import { makeWriteLock } from "./write-lock.ts"
import type { Obstacle, WrittenSettingsShape } from "./WrittenSettings.ts"

/** The largest document, in characters: each change writes all of it. */
const mostText = 16_777_216

/** How long a change waits for those of other writers across a network, in milliseconds. */
const writersPatience = 10_000

type Loaded = Result.Result<StoredDocument, StoreProblem>

/**
 * The problems of a document in words. Fields of the gateway that is being changed are named without the gateway, and
 * those of its tokens without their list.
 */
const sentences = (problems: ReadonlyArray<SettingsProblem>, change?: Change): string =>
  problems.slice(0, 5).map(({ path: [, id = "", ...field], message }) => {
    const ofGateway = change?.kind === "token" && field[0] === "tokens" ? field.slice(2) : field
    const place = id === `${change?.account}/${change?.gateway}` ? ofGateway : [id, ...field]
    return place.length === 0 ? message : `${place.join(".")}: ${message}`
  }).join("; ")

/** The longest JSON of a thing in the audit, in characters. */
const mostShown = 65_536

const bounded = (shown: unknown): unknown =>
  (JSON.stringify(shown) ?? "").length <= mostShown ? shown : { too_long: true }

/** For callers, who must not learn which gateways exist. */
const unusable = (place: string, problem: string): string =>
  `${place}: the settings written there cannot be used${
    problem.includes(closedSecrets) ? `: ${closedSecrets}` : ""
  }, as standard error says`

/** The same if the settings have not been read yet. */
const unread = (place: string): string =>
  `${place}: the database with the written settings has not been reached yet`

/** The service, and a way to notify it that another process may have saved a document. */
export interface RefreshedSettings extends WrittenSettingsShape {
  readonly refresh: () => void
}

/** Creates the service, and puts the store's document in force. */
export const makeWrittenSettings = (
  store: SettingsStoreShape,
  control: SettingsControlShape,
  sealer: Sealer,
  now: () => number = monotonicNow,
): RefreshedSettings => {
  let problem: Obstacle
  /** Pending while the store is read for the first time. */
  let beginning: Promise<Obstacle> | undefined
  const { place = "BASEGATE_DB", lifetime, mostBytes = Infinity } = store
  let warnedProblem: string | undefined
  /** Whether the store must be read before serving, and never was. */
  let isUnread = false
  const inForce = new DocumentInForce(control, sealer, sentences, () => {
    problem = undefined
    warnedProblem = undefined
  })

  const settled = (loaded: Loaded): Loaded | Promise<Loaded> => {
    if (Result.isFailure(loaded) || loaded.success.version === inForce.version) return loaded
    return inForce.adopt(loaded.success).then((problem): Loaded => {
      if (problem === undefined) return loaded
      if (warnedProblem !== problem) {
        warnedProblem = problem
        const msg = "the settings written through the management API cannot be used"
        console.error(JSON.stringify({ level: "warn", msg, reason: problem }))
      }
      return Result.fail({ reason: "unavailable", detail: problem })
    })
  }
  /**
   * Loads the newest document and puts it in force: synchronously if the store is synchronous and nobody else has
   * written.
   */
  const newest = (): Loaded | Promise<Loaded> => {
    const loading = store.load()
    return loading instanceof Promise ? loading.then(settled) : settled(loading)
  }

  const edit = (change: Change, anew: SealedSecrets): Result.Result<Edited | Response, GatewayError> => {
    const { account, secrets = [] } = change
    const own = secrets.map(({ id, sealed, preview }) => [id, { account, sealed, preview }] as const)
    const { document: current, version } = inForce
    const document = { ...current, secrets: { ...current.secrets, ...anew, ...Object.fromEntries(own) } }
    const edited = change.edit({ document, version: version + 1, now: new Date().toISOString() })
    if (Result.isFailure(edited) || edited.success instanceof Response) return edited
    const checked = inForce.check(edited.success.document)
    return Result.isSuccess(checked)
      ? edited
      : Result.fail(adminBadRequest(`${sentences(checked.failure, change)}.`))
  }
  const save = async (change: Change): Promise<Result.Result<Response, StoreProblem | GatewayError>> => {
    const anew = await inForce.resealed()
    const loading = newest()
    const loaded = loading instanceof Promise ? await loading : loading
    // With a synchronous store nothing else in this process runs from here on, so its own writers never conflict.
    if (Result.isFailure(loaded)) return Result.fail(loaded.failure)
    if (loaded.success.version !== inForce.version) {
      return Result.fail({ reason: "conflict", detail: "it has changed" })
    }
    const edited = edit(change, anew)
    if (Result.isFailure(edited)) return Result.fail(edited.failure)
    if (edited.success instanceof Response) return Result.succeed(edited.success)
    const { document, action, id, before, after, answer } = edited.success
    const text = documentText(document)
    if (text.length > mostText) {
      return Result.fail(
        adminBadRequest(`The written settings would exceed ${mostText} characters. Delete some first.`),
      )
    }
    if (mostBytes < Infinity && new TextEncoder().encode(text).length > mostBytes) {
      return Result.fail(
        adminBadRequest(`The written settings would exceed ${mostBytes} bytes. Delete some first.`),
      )
    }
    const { author, kind, account, gateway } = change
    const audit = {
      id: crypto.randomUUID(),
      when: new Date().toISOString(),
      ...author,
      action: `${kind}.${action}`,
      kind,
      account_id: account,
      gateway_id: gateway,
      resource_id: id,
      before: bounded(before),
      after: bounded(after),
    }
    const saving = store.save({ document: text, ifVersion: inForce.version, audit })
    const saved = saving instanceof Promise ? await saving : saving
    if (Result.isFailure(saved)) return Result.fail(saved.failure)
    freshness?.loaded()
    inForce.saved(text, saved.success)
    return Result.succeed(answer())
  }

  const unavailable = ({ detail }: StoreProblem): GatewayError =>
    adminUnavailable(`The store of written settings cannot be used: ${detail}. Try again in a moment.`)
  const begin = async (): Promise<Obstacle> => {
    const loaded = await retryWhileBusy(newest)
    isUnread = store.isNeeded === true && Result.isFailure(loaded)
    if (Result.isFailure(loaded) && isUnread && warnedProblem === undefined) {
      const msg =
        "the settings written through the management API cannot be read: calls are answered 500 until they are"
      warn(msg, { reason: loaded.failure.detail })
    }
    beginning = undefined
    // As with the log, a file that cannot be read does not stop the gateway; its document is put in force as soon as
    // it can be read.
    return problem = warnedProblem !== undefined
      ? unusable(place, warnedProblem)
      : isUnread
      ? unread(place)
      : undefined
  }
  const refresh = async (): Promise<void> => {
    const loaded = await newest()
    if (!isUnread || Result.isFailure(loaded)) return
    isUnread = false
    problem = undefined
  }
  const freshness = lifetime && makeFreshness({
    lifetime,
    now,
    load: async () => await newest(),
    whyNothing: () => warnedProblem === undefined ? unread(place) : unusable(place, warnedProblem),
  })
  const first = freshness === undefined ? newest() : undefined
  if (first instanceof Promise || (first !== undefined && isBusy(first))) beginning = begin()
  const inTurn = makeWriteLock(now)
  /** A synchronous store has only one writer of this process at a time anyway. */
  const isDistant = freshness !== undefined || first instanceof Promise

  return {
    obstacle: freshness?.obstacle ?? (() => beginning ?? problem),
    problem: freshness?.problem ?? (() => problem),
    inForce: () => inForce.document,
    newest: async () => {
      const loaded = await retryWhileBusy(newest)
      return Result.isFailure(loaded)
        ? Result.fail(unavailable(loaded.failure))
        : Result.succeed(inForce.document)
    },
    change: async (change) => {
      const saved = isDistant
        ? await retryWhileBusy(() => inTurn(() => save(change)), writersPatience)
        : await retryWhileBusy(() => save(change))
      for (const { id } of change.secrets ?? []) inForce.forgetFresh(id)
      return Result.mapError(
        saved,
        (failure) => failure instanceof GatewayError ? failure : unavailable(failure),
      )
    },
    canSeal: sealer.canSeal,
    seal: async (secret) => {
      if (!sealer.canSeal) {
        return Result.fail(adminBadRequest(
          "The gateway has no BASEGATE_SECRET_KEY to seal secrets with: set it (32 bytes in base64), or write env:NAME " +
            "and put the secret into the variable NAME.",
        ))
      }
      const id = crypto.randomUUID()
      const sealed = await sealer.seal(id, secret)
      inForce.keepFresh(id, secret)
      const preview = previewOf(Redacted.value(secret))
      return Result.succeed({ reference: `sealed:${id}`, id, sealed, preview })
    },
    audit: async (query) => Result.mapError(await retryWhileBusy(() => store.audit(query)), unavailable),
    refresh: () => void refresh(),
  }
}
