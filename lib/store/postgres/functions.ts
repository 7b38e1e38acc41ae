/**
 * The functions that run in Postgres. Each is one round trip and one transaction.
 *
 * They use the server's clock. The gateway sends windows: a function refuses one that does not contain the server's
 * time and returns that time, and the gateway tries again. A function that counts or reserves holds the rules' locks
 * until it has committed. Locks are taken in one order, so that there are no deadlocks; each statement of a function
 * sees what was committed before it.
 *
 * Rates are committed asynchronously: a server that fails loses those of its last moments, as a Redis would. Spending
 * and reservations are flushed to disk.
 *
 * @module
 */

/** Part of the functions' names, so that gateways of two versions can use one database. */
export const functionVersion = 1

/** The class of these advisory locks. */
const lockClass = 7090

/** The most partitions of a rule that have counts of their own in a period. */
const mostPartitions = 10_000

const time = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

/** The type of the counts passed in; those of money have a rule. `takes` is the amount to count. */
const countType = `
DO $body$ BEGIN
  CREATE TYPE basegate.count_${functionVersion} AS (
    gateway text, rule text, name text, overflow text, period bigint, begins bigint, ends bigint, slides boolean,
    most float8, takes bigint, holds bigint, ahead bigint, ttl bigint, shown text
  );
EXCEPTION WHEN duplicate_object THEN NULL;
END $body$`

const declared = `
  now bigint;
  isMoney boolean := false;
  each basegate.count_${functionVersion};
  given basegate.count_${functionVersion}[] :=
    ARRAY(SELECT json_populate_recordset(NULL::basegate.count_${functionVersion}, counts));`

const begun = `
  PERFORM pg_advisory_xact_lock(${lockClass}, key) FROM unnest(keys) AS key;
  now := ${time};
  FOREACH each IN ARRAY given LOOP
    IF now < each.begins OR now >= each.ends THEN RETURN '[-1,' || now || ']'; END IF;
  END LOOP;`

const withoutWait = `IF NOT isMoney THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;`

/** Adds to a count, or to the shared one if there is no room for another. */
const add = `
CREATE OR REPLACE FUNCTION basegate.add_${functionVersion}(
  of_gateway text, of_rule text, of_period bigint, own text, overflow text, takes bigint, until bigint, as_shown text
) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  chosen text := own;
  total bigint;
BEGIN
  IF own <> overflow THEN
    SELECT name INTO chosen FROM basegate.counter WHERE gateway = of_gateway AND rule = of_rule AND period = of_period
      AND name IN (own, overflow) ORDER BY name = own DESC LIMIT 1;
    IF chosen IS NULL THEN
      chosen := CASE WHEN (
        SELECT count(*) FROM basegate.counter WHERE gateway = of_gateway AND rule = of_rule AND period = of_period
      ) >= ${mostPartitions} THEN overflow ELSE own END;
    END IF;
  END IF;
  INSERT INTO basegate.counter AS counter (gateway, rule, period, name, sum, ends, shown)
  VALUES (of_gateway, of_rule, of_period, chosen, takes, until, CASE WHEN chosen = own THEN as_shown END)
  ON CONFLICT (gateway, rule, period, name) DO UPDATE
    SET sum = counter.sum + excluded.sum, shown = coalesce(counter.shown, excluded.shown)
  RETURNING sum INTO total;
  RETURN total;
END
$body$`

/**
 * Takes from all counts or from none; with takes of 0 it is `peek`.
 *
 * Returns 1 if there was room for all, 0 if not, -1 if the server is in another period; then its time; then, for each
 * count, what the previous and the current period have counted, and what is reserved.
 */
const take = `
CREATE OR REPLACE FUNCTION basegate.take_${functionVersion}(counts json, keys int[], lease text, lasts bigint)
RETURNS text LANGUAGE plpgsql AS $body$
DECLARE${declared}
  passed boolean := true;
  answer bigint[] := ARRAY[]::bigint[];
  at int := 2;
  seen record;
  room float8;
BEGIN
  ${begun}
  FOREACH each IN ARRAY given LOOP
    SELECT
      CASE WHEN each.slides THEN coalesce((
        SELECT sum FROM basegate.counter WHERE gateway = each.gateway AND rule = each.rule AND period = each.period - 1
          AND name IN (each.name, each.overflow) ORDER BY name = each.name DESC LIMIT 1
      ), 0) ELSE 0 END AS before,
      coalesce((
        SELECT sum FROM basegate.counter WHERE gateway = each.gateway AND rule = each.rule AND period = each.period
          AND name IN (each.name, each.overflow) ORDER BY name = each.name DESC LIMIT 1
      ), 0) AS current,
      CASE WHEN each.rule = '' THEN 0 ELSE coalesce((
        SELECT sum(amount)::bigint FROM basegate.hold WHERE gateway = each.gateway AND rule = each.rule
          AND name = each.name AND hold.ends > now
      ), 0) END AS held,
      each.holds > 0 AND EXISTS (
        SELECT 1 FROM basegate.hold WHERE gateway = each.gateway AND rule = each.rule AND name = each.name
          AND hold.lease = take_${functionVersion}.lease AND hold.ends > now
      ) AS is_held
    INTO seen;
    answer := answer || ARRAY[seen.before, seen.current, seen.held]::bigint[];
    IF NOT seen.is_held THEN
      room := each.most - seen.current - seen.held - each.ahead;
      IF each.slides THEN
        room := (room * (each.ends - each.begins) - seen.before::float8 * (each.ends - now)) / (each.ends - each.begins);
      END IF;
      IF floor(room) < greatest(1, each.takes, each.holds) THEN passed := false; END IF;
    END IF;
  END LOOP;
  IF passed THEN
    FOREACH each IN ARRAY given LOOP
      isMoney := isMoney OR (each.rule <> '' AND (each.takes > 0 OR each.holds > 0));
      IF each.takes > 0 THEN
        answer[at] := basegate.add_${functionVersion}(
          each.gateway, each.rule, each.period, each.name, each.overflow, each.takes, now + each.ttl, each.shown
        );
      END IF;
      IF each.holds > 0 THEN
        INSERT INTO basegate.hold AS hold (gateway, rule, name, lease, amount, ends)
        VALUES (each.gateway, each.rule, each.name, take_${functionVersion}.lease, each.holds, now + lasts)
        ON CONFLICT ON CONSTRAINT hold_pkey DO UPDATE SET amount = excluded.amount, ends = excluded.ends
          WHERE hold.ends <= now;
      END IF;
      at := at + 3;
    END LOOP;
    ${withoutWait}
  END IF;
  RETURN '[' || array_to_string(ARRAY[passed::int, now]::bigint[] || answer, ',') || ']';
END
$body$`

/**
 * Counts, and releases what a lease reserves of the same counts.
 *
 * Returns 1, or 0 if it was done before under the same mark, or -1 if the server is in another period; then its time.
 */
const settle = `
CREATE OR REPLACE FUNCTION basegate.settle_${functionVersion}(counts json, keys int[], lease text, done text, lasts bigint)
RETURNS text LANGUAGE plpgsql AS $body$
DECLARE${declared}
BEGIN
  ${begun}
  IF lasts > 0 THEN
    INSERT INTO basegate.mark AS mark (name, ends) VALUES (done, now + lasts)
    ON CONFLICT (name) DO UPDATE SET ends = excluded.ends WHERE mark.ends <= now;
    IF NOT FOUND THEN RETURN '[0,' || now || ']'; END IF;
  END IF;
  FOREACH each IN ARRAY given LOOP
    isMoney := isMoney OR each.rule <> '';
    IF each.rule <> '' AND settle_${functionVersion}.lease <> '' THEN
      DELETE FROM basegate.hold WHERE gateway = each.gateway AND rule = each.rule AND name = each.name
        AND hold.lease = settle_${functionVersion}.lease;
    END IF;
    IF each.takes > 0 THEN
      PERFORM basegate.add_${functionVersion}(
        each.gateway, each.rule, each.period, each.name, each.overflow, each.takes, now + each.ttl, each.shown
      );
    END IF;
  END LOOP;
  ${withoutWait}
  RETURN '[1,' || now || ']';
END
$body$`

/** All functions, in the order in which they must be created. */
export const functions: ReadonlyArray<string> = [countType, add, take, settle]

/** Marks a key. Returns a row if it was not marked, or its mark had expired. */
export const markOnce = `
  INSERT INTO basegate.mark AS mark (name, ends) VALUES ('once:' || $1::text, ${time} + $2::text::bigint)
  ON CONFLICT (name) DO UPDATE SET ends = excluded.ends WHERE mark.ends <= ${time} RETURNING 1 AS first`

/** The most expired rows that are deleted at once. */
export const sweptAtOnce = 2000

/** Delete some expired rows of each table, and return how many. */
export const sweeps: ReadonlyArray<string> = ["counter", "hold", "mark"].map((table) =>
  `WITH gone AS (
     DELETE FROM basegate.${table} WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM basegate.${table} WHERE ends <= ${time} LIMIT ${sweptAtOnce} FOR UPDATE SKIP LOCKED
     )) RETURNING 1
   ) SELECT count(*)::int AS gone FROM gone`
)

/** What a rule's partitions have spent in a period and the previous one, the most first. */
export const listSpent = `
  SELECT count(*) OVER ()::int AS total, before::float8 AS before, current::float8 AS current, shown FROM (
    SELECT name, max(shown) AS shown, coalesce(sum(sum) FILTER (WHERE period = $3::text::bigint - 1), 0) AS before,
      coalesce(sum(sum) FILTER (WHERE period = $3::text::bigint), 0) AS current
    FROM basegate.counter WHERE gateway = $1::text AND rule = $2::text AND (
      period = $3::text::bigint OR (period = $3::text::bigint - 1 AND $4::text::float8 > 0)
    ) GROUP BY name
  ) AS spent ORDER BY current + $4::text::float8 * before DESC, name LIMIT $5::text::int`
