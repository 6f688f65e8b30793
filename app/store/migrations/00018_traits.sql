-- +goose Up

-- What of a pull request another one may share: see TraitKind.
create table pull_traits (
	repo   bigint not null,
	number bigint not null,
	kind   text   not null,
	value  text   not null,
	source bigint not null, -- of an objection: the review; else 0
	primary key (repo, number, kind, value, source)
);
create index pull_traits_by_value on pull_traits (repo, kind, value, number);
