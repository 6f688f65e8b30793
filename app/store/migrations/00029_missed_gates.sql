-- +goose Up

-- Whether no delivery told of a job: a sweep found it waiting.
alter table gates add column swept boolean not null default false;
