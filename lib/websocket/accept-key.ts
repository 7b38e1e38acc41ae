/**
 * The proof that a server has read a handshake (RFC 6455 §4.2.2).
 *
 * @module
 */
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

/** The `Sec-WebSocket-Accept` for a key. */
export const acceptFor = async (key: string): Promise<string> =>
  base64(new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + guid))))

/** A new `Sec-WebSocket-Key`: 16 random bytes. */
export const newKey = (): string => base64(crypto.getRandomValues(new Uint8Array(16)))

/** Whether a text can be such a key. */
export const isKey = (key: string | null): boolean => key !== null && /^[A-Za-z0-9+/]{22}==$/.test(key)
