package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/deploy"
)

// maxEnvironment is how much of an environment's name a context has: how long one may be is not
// documented.
const maxEnvironment = 80

// EnvironmentContext is the context of the commit status about an environment, whose name is
// anybody's free text: in small letters, as GitHub compares both, and bounded. What had to be
// changed beyond that is told apart by a digest, so that two environments never share one.
func EnvironmentContext(environment string) string {
	folded := strings.ToLower(environment)
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./", r) {
			return r
		}
		return '-'
	}, say.Visible(folded))
	if clean = cut(clean, maxEnvironment); clean == "" || clean != folded {
		sum := sha256.Sum256([]byte(folded))
		clean = strings.Trim(clean, "…") + "-" + hex.EncodeToString(sum[:4])
	}
	return Context + "/" + clean
}

// EnvironmentStatus is what a commit status says, for information, of an answer of the gate.
type EnvironmentStatus struct {
	Owner, Name, SHA string
	Environment      string // as GitHub writes it
	Answer           deploy.Answer
}

func (e EnvironmentStatus) state() (state, description string) {
	name := cut(say.Visible(e.Environment), 40)
	switch e.Answer {
	case deploy.Approve:
		return StateSuccess, "Information, no permit: the gate approved a deployment to " + name
	case deploy.Reject:
		return StateFailure, "Information: the gate rejected a deployment to " + name
	case deploy.Hold:
	}
	return StatePending, "Information: a deployment to " + name + " is held; the gate's answer says why"
}

// Environment writes the commit status of an environment and returns its id. It looks at nothing
// before: what stands in its place has no effect.
func (p Publisher) Environment(ctx context.Context, c *ghclient.Client, e EnvironmentStatus) (int64, error) {
	what := fmt.Sprintf("create status of %s/%s@%s about an environment", e.Owner, e.Name, short(e.SHA))
	if err := p.enoughTime(ctx); err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	state, description := e.state()
	made, _, err := c.Repositories.CreateStatus(ctx, e.Owner, e.Name, e.SHA, &github.RepoStatus{
		State: &state, Description: new(cut(description, maxDescription)), Context: new(EnvironmentContext(e.Environment)),
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	return made.GetID(), nil
}
