-- +goose Up

-- One job that waits, or waited, at an environment, by the deployment that it would make; and
-- with run 0 one that never asked.
create table gates (
	repo        bigint  not null,
	deployment  bigint  not null,            -- GitHub's id
	run         bigint  not null,            -- of the workflow; 0: nobody asked
	environment text    not null,            -- lower case
	name        text    not null,            -- as GitHub writes it
	sha         text    not null,            -- commit
	asked_at    bigint  not null,
	answer      text    not null default '', -- of the last decision; '': none
	decided_at  bigint  not null default 0,
	digest      text    not null default '', -- of the last decision
	log         bigint  not null default 0,  -- with seq the record of the last decision
	seq         bigint  not null default 0,
	reports     bigint  not null default 0,
	reported    text    not null default '', -- digest of what the last report said
	writing     text    not null default '', -- an answer whose way is not known
	said        text    not null default '', -- the answer that GitHub took
	closed_at   bigint  not null default 0,  -- 0: GitHub waits for an answer
	claimed_at  bigint  not null default 0,  -- somebody or something said that it succeeded
	good_at     bigint  not null default 0,  -- approved, and its job succeeded
	bad_at      bigint  not null default 0,  -- rolled back from since
	ungated     boolean not null default false,
	primary key (repo, deployment, environment)
);
create index gates_open on gates (repo, closed_at, sha);
create index gates_by_run on gates (repo, run, environment);
create index gates_good on gates (repo, environment, good_at);

-- Whose merges a job that asked would bring, by its last decision.
create table gate_pulls (
	repo        bigint not null,
	number      bigint not null, -- of the pull request
	environment text   not null,
	deployment  bigint not null,
	primary key (repo, number, environment, deployment)
);
create index gate_pulls_by_gate on gate_pulls (repo, deployment, environment);
