-- +goose Up

-- What has to be written after an emergency: one row a change, or another one where there was
-- an emergency again after the first was complete.
create table post_mortems (
	repo         bigint  not null,
	pull         bigint  not null,            -- the change's pull request
	declared     bigint  not null,            -- comment of the first declaration
	facts        bytea   not null,            -- JSON: the emergency, as far as it is known by now
	layer        text    not null,            -- of the policy, whose emergency it is
	blocks       boolean not null,            -- overdue it blocks the repository's next standard deployment
	started_at   bigint  not null,
	due_at       bigint  not null,
	round        bigint  not null default 0,  -- issues that went before: deleted or moved
	text         text    not null default '', -- address of the issue's text as it was to be opened; '': none yet
	opening_at   bigint  not null default 0,  -- since when it is to be opened
	writing      boolean not null default false, -- opening began, and its answer is not known
	issue        bigint  not null default 0,  -- its number; 0: it is not open yet
	reminded     bigint  not null default 0,  -- reminders that are behind it
	overdue_at   bigint  not null default 0,  -- when it was found overdue
	completed_at bigint  not null default 0,  -- when it was closed by who may complete it
	reviewed     text    not null default '', -- digest of the text that was reviewed
	changed      text    not null default '', -- what became of it since; '': nothing
	primary key (repo, pull, declared)
);
create index post_mortems_by_issue on post_mortems (repo, issue);
create index post_mortems_open on post_mortems (repo, completed_at);

-- Comments of ours on the issue of a post-mortem: each is owed once.
create table post_mortem_notes (
	repo     bigint  not null,
	pull     bigint  not null,
	declared bigint  not null,
	name     text    not null,            -- what it is: reminder/2, refused/…
	at       bigint  not null,
	body     text    not null,            -- Markdown
	writing  boolean not null default false,
	said_at  bigint  not null default 0,  -- 0: it is owed
	primary key (repo, pull, declared, name)
);
