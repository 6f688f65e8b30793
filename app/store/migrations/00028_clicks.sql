-- +goose Up

-- A click on a button of a check run is a command too. GitHub gives it no id: its key is one
-- below zero, made from what was delivered.
alter table commands add column check_run bigint not null default 0;  -- that has the button; 0: it is a comment
alter table commands add column button    text   not null default ''; -- its identifier
alter table commands add column aimed     text   not null default ''; -- commit of that check run, as GitHub says
