/** Style sheets are bundled beside the script. */
declare module "*.css"

/** Where the JSON Schema of the settings is; the build says so. */
declare const SETTINGS_SCHEMA: string
