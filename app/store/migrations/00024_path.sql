-- +goose Up

-- The commit that a merge became on its base, as far as it is known: what is deployed is found
-- again by it.
alter table pulls add column landed_as text not null default '';
create index gates_by_commit on gates (repo, sha);

-- What the pages list, whatever the repository.
create index gates_held on gates (asked_at) where closed_at = 0;
create index gates_decided on gates (decided_at) where decided_at <> 0;
create index commands_declared on commands (decided_at) where verb = 'emergency';
create index verdicts_by_time on verdicts (repo, at);

-- A change's records, but for its verdicts: those have their place in the log with them.
create index ledger_by_time on ledger (log, at) where kind <> 'verdict' and kind <> 'publication';
