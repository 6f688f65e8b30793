package ghclient

import (
	"errors"

	"github.com/google/go-github/v62/github"
)

// Client is go-github's, with GraphQL beside it.
type Client struct {
	*github.Client

	// graphql is a second client over the same connection and token. go-github refuses
	// requests locally while it knows a limit to be used up, and on an Enterprise Server
	// takes GraphQL's limit for that of REST.
	graphql     *github.Client
	graphqlPath string
	gate        *gate // nil: not an installation's
}

// Accepted returns nil for the error that go-github makes of a 202 answer, which is how
// GitHub says that it will do what was asked; any other error it returns as it is.
func Accepted(err error) error {
	if _, ok := errors.AsType[*github.AcceptedError](err); ok {
		return nil
	}
	return err
}
