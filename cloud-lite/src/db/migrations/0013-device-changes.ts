import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { onPostgres } from "../engine.ts";

/**
 * Notes whose token or whose having a job has changed, whoever changes it: on PostgreSQL an instance remembers what it
 * read of a vehicle until it reads here that this is over. SQLite has one writer and is read anew each time.
 */
export const deviceChanges: Migration = {
  async up(db: Kysely<unknown>) {
    if (!onPostgres(db)) return;
    await sql`create table device_changes (
      organisation_id text not null,
      vehicle_id text not null,
      transaction_id xid8 not null default pg_current_xact_id(),
      at timestamptz not null default clock_timestamp()
    )`.execute(db);
    await sql`create index device_changes_transaction on device_changes (transaction_id)`.execute(db);

    await sql`create function note_new_jobs() returns trigger language plpgsql as $$
      begin
        insert into device_changes (organisation_id, vehicle_id) select organisation_id, vehicle_id from added;
        return null;
      end $$`.execute(db);
    await sql`create trigger device_changes_new_jobs after insert on jobs referencing new table as added
      for each statement execute function note_new_jobs()`.execute(db);

    await sql`create function note_device_change() returns trigger language plpgsql as $$
      begin
        insert into device_changes (organisation_id, vehicle_id) values (old.organisation_id, old.vehicle_id);
        return null;
      end $$`.execute(db);
    await sql`create trigger device_changes_job after update of status on jobs for each row
      when ((old.status in ${OPEN_THEN}) <> (new.status in ${OPEN_THEN}))
      execute function note_device_change()`.execute(db);
    await sql`create trigger device_changes_token after update on credentials for each row
      when (old.vehicle_id is not null and (old.prefix, old.digest, old.expires_at, old.revoked_at, old.vehicle_id)
        is distinct from (new.prefix, new.digest, new.expires_at, new.revoked_at, new.vehicle_id))
      execute function note_device_change()`.execute(db);
    await sql`create trigger device_changes_no_token after delete on credentials for each row
      when (old.vehicle_id is not null)
      execute function note_device_change()`.execute(db);
  },
};

const OPEN_THEN = sql`('queued', 'offered', 'active')`;
