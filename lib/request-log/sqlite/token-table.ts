/**
 * The table of the hourly rows of tokens, which new files and upgraded ones get.
 *
 * @module
 */

/** The hourly rows of tokens. */
export const tokenTable = `
  CREATE TABLE hourly_token (
    scope INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    kind TEXT NOT NULL,
    requests INTEGER NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (scope, hour, kind)
  ) WITHOUT ROWID;
`
