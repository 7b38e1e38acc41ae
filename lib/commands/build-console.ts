/**
 * Builds the console alone. `npm start` does so first, so that a clone serves its own version of the page.
 *
 * @module
 */
import { bundleConsole } from "./bundle-console.ts"

await bundleConsole()
