/**
 * The table of kept divisions, for new and for upgraded files.
 *
 * @module
 */

/**
 * Aggregates of past hours by dimensions without hourly rows. A row is written when it is first computed, and deleted
 * when an entry of its hour is added, changed or removed.
 */
export const keptTable = `
  CREATE TABLE hourly_division (
    scope INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    division TEXT NOT NULL,
    cells TEXT NOT NULL,
    PRIMARY KEY (scope, hour, division)
  ) WITHOUT ROWID;
`
