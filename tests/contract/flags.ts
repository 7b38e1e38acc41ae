/**
 * True differences between runtimes, each with its reason. `lib/runtime/README.md` repeats them: of each comment the first
 * sentence is a row of its table and the rest a note below it (`npm run docs`).
 */
import * as zlib from "node:zlib"
import type { Runtime } from "../support/spawn-gateway.ts"

export interface Flags {
  /**
   * Notices a client that leaves while nothing is being written. workerd, outside Cloudflare's network, takes a closing
   * TCP peer (FIN) for half closed, before the headers as in a stall, and sees that it has gone when it next writes.
   * Stopping it may then take the whole grace.
   */
  readonly noticesSilentLeave: boolean
  /**
   * Notices a client that leaves before the answer begins, whatever the request's body. `Deno.serve` (2.9) does not look
   * at the connection until it next writes if the body came apart from the headers, or takes more than some 500 bytes;
   * workerd never does, see above.
   */
  readonly noticesLeaveAfterUpload: boolean
  /**
   * Follows a settings file while it runs. Workers have no files: settings are a binding, which changes with a deployment,
   * or are written through the management API.
   */
  readonly followsFile: boolean
  /**
   * Knows what a WebSocket's client has yet to read. workerd's socket has no `bufferedAmount`: what is sent goes up to
   * 4 MiB ahead of a client, which is taken to read 2 MiB a second.
   */
  readonly tellsWhatWaits: boolean
  /**
   * Holds a WebSocket's client back while Baseten does not read. Only on Node the gateway itself reads the client's
   * connection: the other runtimes read whatever comes. There the socket ends with 1008 once 32 MiB wait for Baseten, on
   * Workers as the isolate's memory ends.
   */
  readonly holdsSocketClients: boolean
  /**
   * Passes WebSocket frames on as they are, however large. The other runtimes hand messages over whole, up to the sizes
   * below; text that is not UTF-8 then ends the socket at the gateway.
   */
  readonly relaysFrames: boolean
  /**
   * Closes a WebSocket without a code where Baseten has closed it so. Bun's `close` always sends one: clients see 1000 in
   * place of 1005.
   */
  readonly closesWithoutCode: boolean
  /**
   * Names the log's entry in the answer to a WebSocket's handshake (`cf-aig-log-id`). Deno's takes no headers but the
   * subprotocol.
   */
  readonly namesSockets: boolean
  /**
   * Makes one call for equal misses of the cache that come together. On Workers a request must not wait for another one's
   * work.
   */
  readonly sharesMisses: boolean
  /**
   * Sends each try once. Deno's `fetch` (2.9) sends a request whose body is not a stream a second time, and says nothing,
   * where the connection breaks before the headers (denoland/deno#35610). On Node the transport does so where the
   * connection had served others and breaks within a second: it was closed before.
   */
  readonly sendsOnce: boolean
  /**
   * Says of a 205 that nothing follows. `Deno.serve` (2.9.6) leaves out its `content-length: 0`, so a client that waits
   * for its body waits for the end of the connection (RFC 9112 §6.3).
   */
  readonly framesResets: boolean
  /** Takes uploads in chunks that end with trailers. Bun's parser (1.4) answers 400 to them. */
  readonly takesTrailers: boolean
  /**
   * Looks through request bodies in these content codings. Others are 415. Every runtime has a `DecompressionStream` for
   * gzip and deflate. For br and zstd it takes `node:zlib`, which Bun, Deno and Node lend (zstd from Node 22.15 on), and a
   * Worker with `nodejs_compat`; workerd's own brotli decodes without a bound, one of 128 MB to an isolate.
   */
  readonly decodes: ReadonlyArray<string>
  /**
   * Reads streamed answers in brotli. Of the runtimes' own decoders only workerd's knows it: its `fetch` decodes unasked.
   * Elsewhere such a stream is 502.
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
