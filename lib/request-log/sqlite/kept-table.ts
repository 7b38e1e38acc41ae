/**
 * The table of the hours in other divisions, which new files and upgraded ones get.
 *
 * @module
 */

/**
 * What hours that are over came to in divisions of which there are no hourly rows: a key of the metadata, say. A row is
 * written when it is first asked for, and goes when an entry of its hour comes, changes or leaves.
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
