/**
 * The keys of `BASEGATE_SECRET_KEY`, which seal what is written through the management API.
 *
 * @module
 */

/** 32 bytes in standard base64. */
const key = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/

/** Whether text is a key, or several with commas. */
export const isKeyList = (value: string): boolean => value.split(",").every((item) => key.test(item.trim()))
