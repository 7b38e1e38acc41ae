/** The credential check of each surface, with the failures a caller really sees. */
import type { IncomingHttpHeaders } from "node:http"
import { Buffer } from "node:buffer"
import { type Answer, text, whole } from "./answer.ts"
import { dedicatedError, plainError, type Surface } from "./errors.ts"

export function refusedCredential(headers: IncomingHttpHeaders, surface: Surface): Answer | undefined {
  const value = headers.authorization
  if (value === undefined) return text("No Authorization header provided", 401)
  const match = /^(?:bearer|api-key)(?:\s+(.*))?$/i.exec(value.trim())
  if (match === null) return wrongKey(surface)
  const key = (match[1] ?? "").trim()
  if (key === "") return badGateway()
  return key.startsWith("wrong") ? wrongKey(surface) : undefined
}

function wrongKey(surface: Surface): Answer {
  if (surface !== "dedicated") return plainError(403, "please check the api-key you provided")
  return dedicatedError(401, "The API key is missing, malformed or revoked.")
}

function badGateway(): Answer {
  const page = "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n" +
    "<p><b>502.</b> The server encountered a temporary error. Please try again in 30 seconds.\n</html>\n"
  return whole(Buffer.from(page), "text/html; charset=UTF-8", 502)
}
