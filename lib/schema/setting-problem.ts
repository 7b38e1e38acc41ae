/**
 * A setting that decodes but is invalid, such as a reference to an unset variable.
 *
 * @module
 */

/** Its message says what was expected of the setting, and shows no value. */
export class SettingProblem extends Error {}
