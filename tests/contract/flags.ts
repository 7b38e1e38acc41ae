/**
 * True differences between runtimes, each with its reason. `lib/runtime/README.md` repeats them (`npm run docs`): the
 * first sentence of each comment is a row of its table, and the rest a note below it.
 */
import * as zlib from "node:zlib"
import type { Runtime } from "../support/spawn-gateway.ts"

export interface Flags {
  /**
   * Notices a client that leaves while nothing is being written. workerd, outside Cloudflare's network, treats a
   * closing TCP peer (FIN) as half closed, before the headers as well as in a stall, and notices that it has gone
   * only at its next write. Stopping workerd may then take the whole grace.
   */
  readonly noticesSilentLeave: boolean
  /**
   * Notices a client that leaves before the answer begins, whatever the request's body. `Deno.serve` (2.9) does not
   * check the connection until its next write if the body came separately from the headers, or has more than about
   * 500 bytes; workerd never does, see above.
   */
  readonly noticesLeaveAfterUpload: boolean
  /**
   * Follows a settings file while it runs. Workers have no files: settings are a binding, which changes with a deployment,
   * or are written through the management API.
   */
  readonly followsFile: boolean
  /**
   * Knows what a WebSocket's client has yet to read. workerd's socket has no `bufferedAmount`: the gateway sends up
   * to 4 MiB ahead of a client, which is assumed to read 2 MiB a second.
   */
  readonly tellsWhatWaits: boolean
  /**
   * Holds a WebSocket's client back while Baseten does not read. Only on Node does the gateway itself read the
   * client's connection; the other runtimes read whatever comes. There the socket ends with 1008 once 32 MiB wait for
   * Baseten, on Workers when the isolate's memory is full.
   */
  readonly holdsSocketClients: boolean
  /**
   * Passes WebSocket frames on unchanged, however large. The other runtimes deliver whole messages, up to the sizes
   * below; text that is not UTF-8 then ends the socket at the gateway.
   */
  readonly relaysFrames: boolean
  /**
   * Closes a WebSocket without a code if Baseten has. Bun's `close` always sends one: clients see 1000 instead of
   * 1005.
   */
  readonly closesWithoutCode: boolean
  /**
   * Names the log's entry in the answer to a WebSocket's handshake (`cf-aig-log-id`). Deno's answer can have no
   * headers but the subprotocol.
   */
  readonly namesSockets: boolean
  /**
   * Makes one call for equal cache misses that come together. On Workers a request must not wait for another's work.
   */
  readonly sharesMisses: boolean
  /**
   * Sends each try once. Deno's `fetch` (2.9) silently sends a request whose body is not a stream a second time if
   * the connection breaks before the headers (denoland/deno#35610). On Node the gateway's transport does so if the
   * connection had served others and breaks within a second, since it was then closed before.
   */
  readonly sendsOnce: boolean
  /**
   * Declares that a 205 has no body. `Deno.serve` (2.9.6) drops its `content-length: 0`, so a client that waits for
   * the body waits for the end of the connection (RFC 9112 §6.3).
   */
  readonly framesResets: boolean
  /** Accepts chunked uploads with trailers. Bun's parser (1.4) answers them with 400. */
  readonly takesTrailers: boolean
  /**
   * Inspects request bodies in these content codings. Others are 415. Every runtime has a `DecompressionStream` for
   * gzip and deflate. br and zstd need `node:zlib`, which Bun, Deno and Node have (zstd from Node 22.15 on), and a
   * Worker with `nodejs_compat`; workerd's own brotli decoder has no bound, in an isolate of 128 MB.
   */
  readonly decodes: ReadonlyArray<string>
  /**
   * Reads streamed answers in brotli. Only workerd's own decoder supports it: its `fetch` decodes without being
   * asked. Elsewhere such a stream is 502.
   */
  readonly decodesBrotli: boolean
}

const all: Flags = {
  noticesSilentLeave: true,
  noticesLeaveAfterUpload: true,
  followsFile: true,
  tellsWhatWaits: true,
  holdsSocketClients: false,
  relaysFrames: false,
  closesWithoutCode: true,
  namesSockets: true,
  sharesMisses: true,
  sendsOnce: true,
  framesResets: true,
  takesTrailers: true,
  decodes: ["gzip", "deflate", "br", "zstd"],
  decodesBrotli: false,
}

export const flags: Record<Runtime, Flags> = {
  bun: { ...all, takesTrailers: false, closesWithoutCode: false },
  deno: {
    ...all,
    namesSockets: false,
    noticesLeaveAfterUpload: false,
    sendsOnce: false,
    framesResets: false,
  },
  node: {
    ...all,
    holdsSocketClients: true,
    relaysFrames: true,
    sendsOnce: false,
    decodes: "createZstdDecompress" in zlib ? all.decodes : ["gzip", "deflate", "br"],
  },
  workerd: {
    ...all,
    decodesBrotli: true,
    followsFile: false,
    noticesSilentLeave: false,
    noticesLeaveAfterUpload: false,
    tellsWhatWaits: false,
    sharesMisses: false,
    decodes: ["gzip", "deflate"],
  },
}
