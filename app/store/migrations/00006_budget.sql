-- +goose Up

-- Who waits for what is due (subject.Priority), whether it writes to GitHub, and until when
-- the subject has spent its own share of requests: see Store.Spend.
alter table subjects add column priority bigint not null default 1;
alter table subjects add column writes bigint not null default 0;
alter table subjects add column spent_until bigint not null default 0;
update subjects set writes = 1 where key like 'head/%';

-- A claim goes from lane to lane and looks at the first row of each, whatever stands behind it.
drop index subjects_by_ready;
create index subjects_by_lane on subjects ((installation * 16 + priority * 2 + writes), ready_at, key);
create index subjects_by_lease on subjects (lease_owner, installation) where lease_until <> 0;

-- What GitHub allows an installation, shared by all processes. A moment that has passed holds
-- nothing.
create table budgets (
	installation     bigint not null primary key,
	hold_until       bigint not null default 0, -- no request starts before
	hold_why         text   not null default '',
	background_until bigint not null default 0, -- what can wait does until then
	write_at         bigint not null default 0, -- when the next publication may begin
	paced_until      bigint not null default 0, -- the writes made so far, at the steady pace, end then
	hour             text   not null default '' -- JSON [[minute, writes], ...] of the last hour, oldest first
);
