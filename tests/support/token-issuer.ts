/** An issuer of JSON Web Tokens, for tests. */
import { createServer } from "node:http"
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose"

/** A key pair that signs. */
export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: Readonly<Record<string, unknown>>
}

export const newKey = async (kid: string, alg = "ES256"): Promise<SigningKey> => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: "sig" } }
}

/** A token that a key has signed, valid for five minutes unless its claims say otherwise. */
export const signed = (
  { kid, alg, privateKey }: SigningKey,
  claims: JWTPayload,
  now = Date.now(),
  header: object = {},
): Promise<string> => {
  const seconds = Math.floor(now / 1000)
  return new SignJWT({ iat: seconds, exp: seconds + 300, ...claims })
    .setProtectedHeader({ alg, kid, ...header }).sign(privateKey)
}

/**
 * Listens at once, without keeping the process from ending: what its paths answer may be changed. Its name is its URL.
 */
export const openIssuer = () => {
  const answers = new Map<string, object>()
  const asked: Array<string> = []
  const server = createServer(({ url: path = "" }, response) => {
    asked.push(path)
    const answer = answers.get(path)
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" })
    response.end(JSON.stringify(answer ?? {}))
  })
  server.listen(0).unref()
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, answers, asked }
}
