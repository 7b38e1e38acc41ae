/**
 * True differences between runtimes, each with its reason. The README repeats them.
 */
import * as zlib from "node:zlib"
import type { Runtime } from "../support/spawn-gateway.ts"

export interface Flags {
  /**
   * Whether a client that closes while nothing is being written is noticed. workerd, outside Cloudflare's
   * network, takes a closing TCP peer (FIN) for half closed, and sees that it has gone when it next writes.
   */
  readonly noticesSilentLeave: boolean
  /**
   * Whether a client that closes before the answer is noticed when its request's body came apart from the headers, or
   * takes more than some 500 bytes: `Deno.serve` (2.9) then does not look at the connection until it next writes.
   */
  readonly noticesLeaveAfterUpload: boolean
  /** Whether a `fetch` handler can make a WebSocket of a request. Node has no such thing. */
  readonly upgrades: boolean
  /** Whether a socket tells what its client has yet to take. workerd's has no `bufferedAmount`, and no other word of it. */
  readonly tellsWhatWaits: boolean
  /** Whether equal misses of the cache share a call. On Workers a request must not wait for another one's. */
  readonly sharesMisses: boolean
  /**
   * Whether a try is one request to Baseten. Deno's `fetch` (2.9) sends a request whose body is not a stream once more
   * by itself where the connection breaks before the headers, and does not tell (denoland/deno#35610). On Node the
   * transport does so where the connection had served others and breaks at once: it was closed before.
   */
  readonly sendsOnce: boolean
  /**
   * Whether a 205 says that nothing follows. `Deno.serve` (2.9.6) leaves out its `content-length: 0`, so that its end is
   * that of the connection (RFC 9112 §6.3).
   */
  readonly framesResets: boolean
  /** Whether an upload in chunks may end with trailers. Bun's parser (1.4) answers 400 to them. */
  readonly takesTrailers: boolean
  /**
   * The content codings of request bodies that can be seen through; others are 415. All runtimes have a
   * `DecompressionStream` for gzip and deflate; for br and zstd it takes `node:zlib`, which Bun, Deno and Node lend
   * (zstd from Node 22.15 on), since workerd's own decodes without a bound (one of 128 MB to an isolate).
   */
  readonly decodes: ReadonlyArray<string>
  /** Whether streams in brotli are read. Of the runtimes' own decoders only workerd's knows it, which decodes unasked. */
  readonly decodesBrotli: boolean
}

const all: Flags = {
  noticesSilentLeave: true,
  noticesLeaveAfterUpload: true,
  upgrades: true,
  tellsWhatWaits: true,
  sharesMisses: true,
  sendsOnce: true,
  framesResets: true,
  takesTrailers: true,
  decodes: ["gzip", "deflate", "br", "zstd"],
  decodesBrotli: false,
}

export const flags: Record<Runtime, Flags> = {
  bun: { ...all, takesTrailers: false },
  deno: { ...all, noticesLeaveAfterUpload: false, sendsOnce: false, framesResets: false },
  node: {
    ...all,
    upgrades: false,
    sendsOnce: false,
    decodes: "createZstdDecompress" in zlib ? all.decodes : ["gzip", "deflate", "br"],
  },
  workerd: {
    ...all,
    decodesBrotli: true,
    noticesSilentLeave: false,
    noticesLeaveAfterUpload: false,
    tellsWhatWaits: false,
    sharesMisses: false,
    decodes: ["gzip", "deflate"],
  },
}
