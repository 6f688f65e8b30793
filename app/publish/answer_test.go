package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// talk is a conversation on GitHub with one comment that holds a command. Each write can
// fail, before or after it took effect.
type talk struct {
	t         *testing.T
	reactions []string
	comments  []map[string]any
	asked     []string
	fail      func(what string) (status int, after bool)
}

func (g *talk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/repos/octo-org/app/issues/")
	g.asked = append(g.asked, what)
	status, after := 0, false
	if g.fail != nil {
		status, after = g.fail(what)
	}
	if status != 0 && !after {
		answerJSON(w, status, map[string]any{"message": "no"})
		return
	}
	var in struct{ Content, Body string }
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			g.t.Error(err)
		}
	}
	var out any
	switch what {
	case "POST comments/9/reactions":
		g.reactions = append(g.reactions, in.Content)
		out = map[string]any{"id": 31}
	case "POST 7/comments":
		g.comments = append(g.comments, map[string]any{"id": 41 + len(g.comments), "body": in.Body, "performed_via_github_app": map[string]any{"id": ownApp}})
		out = g.comments[len(g.comments)-1]
	case "GET 7/comments":
		if got := r.URL.Query().Get("since"); got != "2026-05-04T12:00:00Z" {
			g.t.Errorf("listed since %q", got)
		}
		if r.URL.Query().Get("page") == "1" && len(g.comments) > 0 {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=2>; rel="next"`, r.Host, r.URL.Path))
			out = g.comments[:1]
			break
		}
		out = g.comments[min(1, len(g.comments)):]
	default:
		g.t.Errorf("unknown request %s", what)
	}
	if status != 0 {
		answerJSON(w, status, map[string]any{"message": "no"})
		return
	}
	answerJSON(w, http.StatusOK, out)
}

func TestAnswer(t *testing.T) {
	said := Reply(9, say.Refused{Verb: command.Waive, Why: string(command.NoReason)})
	app := func(id int64) map[string]any { return map[string]any{"id": id} }
	other := map[string]any{"id": 51, "body": "hello"}
	copied := map[string]any{"id": 52, "body": said} // anybody can write what we would
	theirs := map[string]any{"id": 53, "body": said, "performed_via_github_app": app(78)}
	ours := map[string]any{"id": 54, "body": said, "performed_via_github_app": app(ownApp)}
	only := func(write string, status int, after bool) func(string) (int, bool) {
		return func(what string) (int, bool) {
			if what == write {
				return status, after
			}
			return 0, false
		}
	}
	for _, test := range []struct {
		name     string
		answer   Answer
		there    []map[string]any
		fail     func(string) (int, bool)
		want     Answered
		asked    []string
		comments int
		err      error // nil: none
	}{
		{
			name: "taken", answer: Answer{Reaction: ReactionTaken}, want: Answered{Reaction: 31},
			asked: []string{"POST comments/9/reactions"},
		},
		{
			name: "refused", answer: Answer{Reaction: ReactionRefused, Reply: said}, there: []map[string]any{other}, want: Answered{31, 42},
			asked: []string{"POST comments/9/reactions", "POST 7/comments"}, comments: 2,
		},
		{
			name: "after a crash, not written yet", answer: Answer{Reaction: ReactionRefused, Reply: said, Writing: true}, want: Answered{31, 44},
			there: []map[string]any{other, copied, theirs}, comments: 4,
			asked: []string{"POST comments/9/reactions", "GET 7/comments", "GET 7/comments", "POST 7/comments"},
		},
		{
			name: "after a crash, written", answer: Answer{Reaction: ReactionRefused, Reply: said, Writing: true}, want: Answered{31, 54},
			there: []map[string]any{other, copied, ours}, comments: 3,
			asked: []string{"POST comments/9/reactions", "GET 7/comments", "GET 7/comments"},
		},
		{
			name: "no permission", answer: Answer{Reaction: ReactionTaken, Reply: said}, fail: only("POST comments/9/reactions", 403, false),
			asked: []string{"POST comments/9/reactions"}, err: ErrDenied,
		},
		{
			name: "a locked conversation", answer: Answer{Reaction: ReactionTaken, Reply: said}, fail: only("POST 7/comments", 403, false),
			want: Answered{Reaction: 31}, asked: []string{"POST comments/9/reactions", "POST 7/comments"}, err: ErrDenied,
		},
		{
			name: "it cannot look", answer: Answer{Reaction: ReactionTaken, Reply: said, Writing: true}, fail: only("GET 7/comments", 403, false),
			want: Answered{Reaction: 31}, asked: []string{"POST comments/9/reactions", "GET 7/comments"}, err: ErrDenied,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := &talk{t: t, comments: test.there, fail: test.fail}
			srv := httptest.NewServer(g)
			defer srv.Close()
			a := test.answer
			a.Owner, a.Name, a.Number, a.Comment, a.At = "octo-org", "app", 7, 9, noon
			got, err := publisher().Answer(t.Context(), clientOf(srv.URL), a)
			if !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.asked, g.asked); diff != "" || len(g.comments) != test.comments {
				t.Errorf("%d comments; asked (-want +got)\n%s", len(g.comments), diff)
			}
		})
	}
}

// A write whose answer is lost is found again by the next try: one reply (behaviour 26).
func TestAnswerOnce26(t *testing.T) {
	g := &talk{t: t, fail: func(what string) (int, bool) { return 502, true }}
	srv := httptest.NewServer(g)
	defer srv.Close()
	a := Answer{
		Owner: "octo-org", Name: "app", Number: 7, Comment: 9, At: noon, Reaction: ReactionRefused,
		Reply: Reply(9, say.Refused{Verb: command.Waive, Why: string(command.NoReason)}),
	}
	for _, lost := range []string{"POST comments/9/reactions", "POST 7/comments", "GET 7/comments"} {
		g.fail = func(what string) (int, bool) { return map[bool]int{true: 502}[what == lost], true }
		if _, err := publisher().Answer(t.Context(), clientOf(srv.URL), a); err == nil {
			t.Errorf("the loss of %s went unnoticed", lost)
		}
		a.Writing = true
	}
	g.fail = nil
	got, err := publisher().Answer(t.Context(), clientOf(srv.URL), a)
	if err != nil || got.Reply != 41 || len(g.comments) != 1 {
		t.Errorf("Answer = %+v, %v, and there are %d comments", got, err, len(g.comments))
	}
}

func TestAnswerBeginsNoWriteThatOutlivesTheLease(t *testing.T) {
	g := &talk{t: t}
	srv := httptest.NewServer(g)
	defer srv.Close()
	p := publisher()
	p.Now = time.Now
	ctx, cancel := context.WithTimeout(t.Context(), p.Timeout/2)
	defer cancel()
	if _, err := p.Answer(ctx, clientOf(srv.URL), Answer{Reaction: ReactionTaken}); !errors.Is(err, ErrLease) || len(g.asked) > 0 {
		t.Errorf("Answer = %v, asked %v", err, g.asked)
	}
}

// Behaviour 86: what a reply repeats of a command is inert.
func TestReply86(t *testing.T) {
	text := Reply(9, say.Refused{
		Verb: command.Waive, Why: string(rules.WaiverNoRule), Near: "tests",
		Rule: "@octo-org/security fixes #1 https://evil.example ![](x) <img src=x> --> /waive tests because",
	})
	p := renderPage(t, text)
	if p.elements["img"] > 0 || p.elements["a"] != 1 || p.elements["b"] > 0 {
		t.Errorf("its elements: %v", p.elements)
	}
	for _, part := range p.text {
		for _, live := range []string{"@octo", "#1 ", "https://"} {
			if strings.Contains(part, live) {
				t.Errorf("live in it: %q", part)
			}
		}
	}
	if strings.Count(text, "-->") != 1 || !strings.HasSuffix(text, "<!-- changewarden: answer to 9 -->\n") {
		t.Errorf("its mark: %s", text)
	}
	if _, ok := command.Parse(text); ok {
		t.Error("it is a command")
	}
}
