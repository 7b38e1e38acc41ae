/** The product's name, its version (the same as in `package.json`, which a test checks) and its home. */
export const product = {
  name: "basegate",
  version: "0.1.0",
  docs: "https://github.com/basegate/basegate#readme",
} as const
