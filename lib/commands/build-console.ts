/**
 * Builds the console alone: what `npm start` does before it starts, so that a clone serves the page that it has.
 *
 * @module
 */
import { bundleConsole } from "./bundle-console.ts"

await bundleConsole()
