package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/say"
)

// The answers of a gate, in GitHub's words.
const (
	GateApproved = "approved"
	GateRejected = "rejected"
)

const (
	// MaxGateComment is GitHub's cap on what is said with an answer.
	MaxGateComment = 1024
	// MaxGateReports is GitHub's cap on how often a gate says why it waits, less one.
	MaxGateReports = 9
)

// GateAnswer is an answer about the jobs of a run that wait at an environment.
type GateAnswer struct {
	Owner, Name string
	Run         int64
	Environment string
	State       string // GateApproved or GateRejected; empty: a report alone, and they wait on
	Comment     string
}

// plainly takes out of a text what could be markup or a mention: names in it come from outside.
var plainly = strings.NewReplacer("@", "@"+noJoin, "<", "‹", ">", "›", "`", "'", "[", "(", "]", ")", "|", "/")

// GateComment is what is said with an answer, in at most MaxGateComment bytes.
func GateComment(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, plainly.Replace(say.Visible(line)))
	}
	out := strings.Join(lines, "\n")
	if len(out) <= MaxGateComment {
		return out
	}
	const more = "…"
	return strings.ToValidUTF8(out[:MaxGateComment-len(more)], "") + more
}

// Gate answers a gate through our own API, never at the address that a delivery names. maybe
// says of an error that GitHub may have taken the answer all the same. That GitHub has an
// answer already is none.
func (p Publisher) Gate(ctx context.Context, c *ghclient.Client, a GateAnswer) (maybe bool, err error) {
	path := fmt.Sprintf("repos/%s/%s/actions/runs/%d/deployment_protection_rule", a.Owner, a.Name, a.Run)
	if err := p.enoughTime(ctx); err != nil {
		return false, fmt.Errorf("answer the gate of %s: %w", a.Environment, err)
	}
	req, err := c.NewRequest(http.MethodPost, path, struct {
		Environment string `json:"environment_name"`
		State       string `json:"state,omitempty"`
		Comment     string `json:"comment"`
	}{a.Environment, a.State, a.Comment})
	if err != nil {
		return false, err
	}
	_, err = c.Do(ctx, req, nil)
	if r, ok := errors.AsType[*github.ErrorResponse](err); ok && a.State != "" && r.Response.StatusCode == http.StatusUnprocessableEntity &&
		strings.Contains(strings.ToLower(r.Message), "already") {
		return true, nil
	}
	if err != nil {
		t := ghclient.Diagnose(err, p.Now())
		return unsure(err, t), fmt.Errorf("answer the gate of %s in run %d of %s/%s: %w", a.Environment, a.Run, a.Owner, a.Name, explain(err, t))
	}
	return false, nil
}
