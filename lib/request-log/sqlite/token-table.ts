/**
 * The table of hourly rows by token, for new and for upgraded files.
 *
 * @module
 */

/** Hourly rows by token. */
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
