-- +goose Up

-- Whom to ask for a review of a pull request, and what became of it. There is a row for each
-- reviewer of a seat at one content: as long as it stands, nobody is asked again for that.
create table review_requests (
	repo     bigint not null,
	number   bigint not null,
	content  text   not null, -- exact fingerprint of the diff
	seat     text   not null, -- whose approval is lacking: layer and group
	team     bigint not null, -- 0: a person
	user_id  bigint not null,
	person   bigint not null,
	slug     text   not null, -- of the team
	state    text   not null,
	at       bigint not null, -- of the state
	primary key (repo, number, content, seat, team, user_id)
);
