/**
 * The console: its page, the files of the page, and its user's session.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { wholeBody } from "../body/read-body.ts"
import { makeUploads } from "../body/Uploads.ts"
import { Settings } from "../config/Settings.ts"
import { adminBadRequest, adminNotFound, adminUnauthorized } from "../errors/admin-errors.ts"
import { GatewayError } from "../errors.ts"
import type { Exchange } from "../exchange.ts"
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import type { GatewayPlace } from "../route/paths.ts"
import type { ConsoleRoute } from "../route/routes.ts"
import { adminOf } from "./admin-auth.ts"
import { AdminVerifier, issuedAdmin } from "./admin-jwt.ts"
import { AdminHost } from "./AdminHost.ts"
import { holderOf } from "./console-login.ts"
import { closeSession, openIssuedSession, openSession } from "./console-session.ts"
import { adminHeaders, envelope } from "./envelope.ts"
import { calledOrigin } from "./gateway-url.ts"
import { closeUsageSession, openUsageSession } from "./usage-session.ts"

/** Nothing from elsewhere, nothing inline, and no framing, so that callers' text can never be more than text. */
const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
}

/** File names hold a digest of their bytes, except the page's own. */
const forEver = "public, max-age=31536000, immutable"

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>basegate: the console is not built</title>
<h1>The console is not built</h1>
<p>This gateway runs from a clone in which nothing was built. Build the console once, then reload this page:</p>
<pre>npm run build</pre>
<p><code>npm start</code> does it by itself.</p>
</html>
`

const file = (name: string): Effect.Effect<Response, GatewayError> =>
  Effect.gen(function* () {
    const host = yield* AdminHost
    const body = yield* Effect.promise(() => host.consoleFile(name))
    const isPage = name === "index.html"
    if (body === undefined && !isPage) return yield* adminNotFound(`The console has no file ${name}.`)
    const type = types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream"
    return new Response(body ?? notBuilt, {
      status: body === undefined ? 503 : 200,
      headers: { ...pageHeaders, "content-type": type, "cache-control": isPage ? "no-store" : forEver },
    })
  })

/** Bounds of a login request: its silence, in milliseconds, and its size, in bytes. */
const openLogin = makeUploads({ arriving: Infinity, held: Infinity })
const loginSilence = 30_000
const loginLimit = 24_576

/** What the login form sends. */
interface Login {
  readonly token: string
  /** The gateway, if the token is valid for several. */
  readonly place: GatewayPlace | undefined
}

const isId = (value: unknown): value is string => typeof value === "string" && /^[\w-]{1,64}$/.test(value)

const placeIn = (account: unknown, gateway: unknown): GatewayPlace | undefined =>
  isId(account) && isId(gateway) ? { account, gateway } : undefined

const loginIn = (text: string): Login | undefined => {
  const { token, account, gateway } = objectOf(parseOrUndefined(text))
  return typeof token === "string" ? { token: token.trim(), place: placeIn(account, gateway) } : undefined
}

/** Forms of other sites can send neither this type nor this header. */
const isOwnPage = ({ headers }: Request): boolean =>
  headers.get("x-basegate-console") !== null &&
  (headers.get("content-type") ?? "").startsWith("application/json")

const logIn = ({ request, url }: Exchange): Effect.Effect<Response, GatewayError, Settings> =>
  Effect.gen(function* () {
    const settings = yield* Settings
    const { adminIssuer, adminTokens } = settings
    const malformed = adminBadRequest(
      'Log in with x-basegate-console: 1 and a JSON body {"token": "<BASEGATE_ADMIN_TOKEN>"}.',
    )
    if (!isOwnPage(request)) return yield* malformed
    const read = yield* Effect.promise(() => wholeBody(openLogin(request, loginSilence), loginLimit))
    if (Result.isFailure(read)) return yield* read.failure
    const body = read.success
    const login = body.kind === "bytes" ? loginIn(new TextDecoder().decode(body.bytes)) : undefined
    if (login === undefined) return yield* malformed
    const secret = Redacted.make(login.token)
    const admin = yield* Effect.promise(() => adminOf([secret], adminTokens))
    const isSecure = calledOrigin(url, request.headers).startsWith("https:")
    const now = yield* Clock.currentTimeMillis
    if (admin !== undefined) {
      const cookie = yield* Effect.promise(() => openSession(admin.secret, now, isSecure))
      return new Response(null, { status: 204, headers: { ...adminHeaders, "set-cookie": cookie } })
    }
    const [signer] = adminTokens
    const verifier = yield* AdminVerifier
    const issued = yield* Effect.promise(() => issuedAdmin([secret], adminIssuer, verifier, now))
    if (issued instanceof GatewayError) return yield* issued
    if (issued !== undefined && adminIssuer !== undefined && signer !== undefined) {
      const cookie = yield* Effect.promise(() =>
        openIssuedSession(signer.secret, adminIssuer, issued, now, isSecure)
      )
      return new Response(null, { status: 204, headers: { ...adminHeaders, "set-cookie": cookie } })
    }
    const { place, token } = yield* holderOf(settings, secret, login.place, now)
    if (signer === undefined) return yield* adminUnauthorized(true)
    const cookie = yield* Effect.promise(() => openUsageSession(signer, place, token, now, isSecure))
    const answer = envelope(place)
    answer.headers.set("set-cookie", cookie)
    return answer
  })

const logOut = ({ url }: Exchange): Response => {
  const search = new URLSearchParams(url.search)
  const place = placeIn(search.get("account"), search.get("gateway"))
  const headers = new Headers(adminHeaders)
  headers.append("set-cookie", closeSession())
  if (place !== undefined) headers.append("set-cookie", closeUsageSession(place))
  return new Response(null, { status: 204, headers })
}

/** Answers `/console` and what is below it. */
export const handleConsole = (
  exchange: Exchange,
  { file: name }: ConsoleRoute,
): Effect.Effect<Response, GatewayError, Settings> => {
  exchange.routeName = "admin.console"
  exchange.shouldLog = false
  if (name !== "session") return file(name)
  return exchange.method === "POST" ? logIn(exchange) : Effect.succeed(logOut(exchange))
}
