/**
 * A setting that reads well and cannot work.
 *
 * @module
 */

/** Its message says what was expected of the setting, and shows no value. */
export class SettingProblem extends Error {}
