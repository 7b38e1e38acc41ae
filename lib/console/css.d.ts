/** Style sheets are bundled separately from the script. */
declare module "*.css"

/** The address of the settings' JSON Schema, defined by the build. */
declare const SETTINGS_SCHEMA: string
