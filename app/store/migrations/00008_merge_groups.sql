-- +goose Up

-- One group of a merge queue, by its own commit.
create table merge_groups (
	repo    bigint  not null,
	sha     text    not null,
	base    text    not null,            -- branch
	seen_at bigint  not null,
	gone_at bigint  not null default 0,  -- 0: it waits in the queue
	why     text    not null default '', -- GitHub's word for why it is gone
	ended   boolean not null default false,
	told    boolean not null default false,
	outcome text    not null default '',
	digest  text    not null default '',
	wanted  bytea,
	checks  bytea,                       -- JSON []string
	log     bigint  not null default 0,
	seq     bigint  not null default 0,
	primary key (repo, sha)
);
create index merge_groups_by_base on merge_groups (repo, base, gone_at);

-- The pull requests that a group held when it was last looked at.
create table merge_group_members (
	repo   bigint not null,
	sha    text   not null,
	number bigint not null,
	head   text   not null,
	asked  bigint not null, -- the generation of the pull request's look that the group waits for
	primary key (repo, sha, number)
);
create index merge_group_members_by_pull on merge_group_members (repo, number);
