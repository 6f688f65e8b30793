package snapshot

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed *.graphql
var queryFiles embed.FS

// The queries, each with exactly the fragments that it uses.
var (
	changeQuery    = document("change.graphql")
	headQuery      = document("head.graphql")
	reviewsPage    = document("reviews_page.graphql")
	timelinePage   = document("timeline_page.graphql")
	commitsPage    = document("commits_page.graphql")
	threadsPage    = document("threads_page.graphql")
	suitesPage     = document("suites_page.graphql")
	runsPage       = document("runs_page.graphql")
	baselineQuery  = document("baseline.graphql")
	teamQuery      = document("team.graphql")
	proposedQuery  = document("proposed.graphql")
	openPullsQuery = document("open_pulls.graphql")
	commentQuery   = document("comment.graphql")
	issueQuery     = document("issue.graphql")
	mergerQuery    = document("merger.graphql")
	queuePage      = document("queue_page.graphql")

	mergeGroupQuery = document("merge_group.graphql")

	deploymentQuery   = document("deployment.graphql")
	workflowFileQuery = document("workflow_file.graphql")
)

var (
	spread   = regexp.MustCompile(`\.\.\.([a-z]\w*)`)
	fragment = regexp.MustCompile(`(?ms)^fragment (\w+) on .*?^}\n`)
)

// document returns the query of a file, followed by the fragments that it spreads and those
// that they spread: GitHub refuses a document with an unused one. It panics on a fragment
// that does not exist; the files are embedded.
func document(name string) string {
	text := mustRead(name)
	fragments := map[string]string{}
	for _, m := range fragment.FindAllStringSubmatch(mustRead("fragments.graphql"), -1) {
		fragments[m[1]] = m[0]
	}
	var used []string
	out := []string{strings.TrimSpace(text)}
	for rest := []string{text}; len(rest) > 0; rest = rest[1:] {
		for _, m := range spread.FindAllStringSubmatch(rest[0], -1) {
			if slices.Contains(used, m[1]) || m[1] == "on" {
				continue
			}
			body, ok := fragments[m[1]]
			if !ok {
				panic(fmt.Sprintf("%s: no fragment %s", name, m[1]))
			}
			used = append(used, m[1])
			rest = append(rest, body)
			out = append(out, strings.TrimSpace(body))
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}

func mustRead(name string) string {
	b, err := queryFiles.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(b)
}
