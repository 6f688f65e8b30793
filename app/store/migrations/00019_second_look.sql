-- +goose Up

-- Until when GitHub's API may be behind the deliveries that led to the last looks, so that there
-- is another one then, whatever comes before; 0: it showed what they told.
alter table subjects add column second_at bigint not null default 0;
