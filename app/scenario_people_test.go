package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/rules"
)

// person returns the command of somebody who acts: LOGIN VERB ARGS. With ! GitHub has to
// refuse it. Verbs settle nothing: that is a command of its own, so that a page can say what
// happens before the server hears of it.
func person(login string) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		w := of(ts)
		err := act(ts, w, login, args)
		switch {
		case neg && err == nil:
			ts.Fatalf("GitHub allowed it")
		case !neg:
			ts.Check(err)
		}
	}
}

func act(ts *testscript.TestScript, w *world, login string, args []string) error {
	p := w.sim.As(login)
	verb, args := args[0], args[1:]
	if done, err := comments(ts, w, login, verb, args); done {
		return err
	}
	if done, err := issues(ts, w, login, verb, args); done {
		return err
	}
	switch verb {
	case "push", "force", "edit":
		return pushes(ts, w, login, verb, args)
	case "open": // BRANCH BASE TITLE
		w.names(strings.Join(args[2:], " "))
		_, err := p.OpenPull(w.repo, githubsim.NewPull{Title: strings.Join(args[2:], " "), Head: args[0], Base: args[1]})
		return err
	case "approve": // NUMBER [COMMIT]
		return review(ts, w, login, "APPROVE", args)
	case "blocks":
		return review(ts, w, login, "REQUEST_CHANGES", args)
	case "comments":
		return review(ts, w, login, "COMMENT", args)
	case "dismiss": // NUMBER LOGIN: that person's last review that was no comment
		return p.Dismiss(w.repo, number(ts, args[0]), w.runs["review/"+args[0]+"/"+args[1]], "no longer")
	case "asks": // NUMBER WHO: for a review, a login or org/slug
		return p.RequestReview(w.repo, number(ts, args[0]), args[1])
	case "unasks":
		return p.RemoveRequest(w.repo, number(ts, args[0]), args[1])
	case "retarget":
		return p.Retarget(w.repo, number(ts, args[0]), args[1])
	case "label":
		return p.Label(w.repo, number(ts, args[0]), args[1])
	case "close":
		return p.Close(w.repo, number(ts, args[0]))
	case "reopen":
		return p.Reopen(w.repo, number(ts, args[0]))
	case "draft":
		return p.ToDraft(w.repo, number(ts, args[0]))
	case "ready":
		return p.Ready(w.repo, number(ts, args[0]))
	case "title":
		return p.EditTitle(w.repo, number(ts, args[0]), strings.Join(args[1:], " "))
	case "update":
		_, err := p.UpdateBranch(w.repo, number(ts, args[0]))
		return err
	case "merge": // NUMBER [METHOD]
		_, err := p.Merge(w.repo, number(ts, args[0]), cmp.Or(strings.Join(args[1:], ""), githubsim.MergeCommit))
		return err
	case "delete-branch":
		return p.DeleteBranch(w.repo, args[0])
	case "enqueue":
		_, err := p.Enqueue(w.repo, number(ts, args[0]))
		return err
	case "dequeue":
		return p.Dequeue(w.repo, number(ts, args[0]))
	case "queue-on": // BRANCH
		return w.sim.SetQueue(w.repo, args[0], &githubsim.Queue{})
	case "queue-off": // BRANCH
		return w.sim.SetQueue(w.repo, args[0], nil)
	case "status": // COMMIT CONTEXT STATE [copy]: copy of what our status says
		sha, err := w.commit(args[0])
		if err != nil {
			return err
		}
		text := "posted by hand"
		if len(args) > 3 {
			shown, err := w.show(sha)
			if err != nil {
				return err
			}
			text = shown.Description
		}
		return p.Status(w.repo, sha, args[1], args[2], text)
	case "rerun": // COMMIT: our own run
		sha, err := w.commit(args[0])
		if err != nil {
			return err
		}
		shown, err := w.show(sha)
		if err != nil {
			return err
		}
		return p.RerequestCheck(w.repo, shown.Run)
	case "presses": // COMMIT LABEL: a button of our own run
		sha, err := w.commit(args[0])
		if err != nil {
			return err
		}
		shown, err := w.show(sha)
		if err != nil {
			return err
		}
		return p.PressButton(w.repo, shown.Run, args[1])
	case "rerun-suite": // COMMIT: the suite of our own run
		sha, err := w.commit(args[0])
		if err != nil {
			return err
		}
		suite, err := w.sim.SuiteOf(w.repo, sha)
		if err != nil {
			return err
		}
		return p.RerequestSuite(w.repo, suite)
	case "delete-run": // COMMIT WORKFLOW
		return deleteRun(w, login, args)
	case "copies": // COMMIT COUNT BASE: so many pull requests of a fork with the same head
		return copies(w, login, args)
	case "permission":
		return p.SetPermission(w.repo, args[0], args[1])
	case "team-permission": // ORG/SLUG ROLE
		return p.SetTeamPermission(w.repo, args[0], args[1])
	case "joins":
		return p.AddToTeam(args[0], args[1])
	case "leaves":
		return p.RemoveFromTeam(args[0], args[1])
	case "expel": // ORGANIZATION LOGIN
		return p.RemoveMember(args[0], args[1])
	case "create-team": // ORG SLUG
		return p.CreateTeam(args[0], args[1], "")
	case "rename-team": // ORG/SLUG NAME
		return p.RenameTeam(args[0], args[1])
	case "accepts":
		return p.AcceptInvitations()
	case "delete-team":
		return p.DeleteTeam(args[0])
	case "rename":
		if err := p.Rename(w.repo, args[0]); err != nil {
			return err
		}
		owner, _, _ := strings.Cut(w.repo, "/")
		w.repo = owner + "/" + args[0]
		return nil
	case "transfer":
		if err := p.Transfer(w.repo, args[0]); err != nil {
			return err
		}
		_, name, _ := strings.Cut(w.repo, "/")
		w.repo = args[0] + "/" + name
		return nil
	case "archive":
		return p.Archive(w.repo)
	case "unarchive":
		return p.Unarchive(w.repo)
	case "publicize":
		return p.Publicize(w.repo)
	case "privatize":
		return p.Privatize(w.repo)
	case "describe": // NUMBER TEXT
		return p.EditBody(w.repo, number(ts, args[0]), strings.ReplaceAll(args[1], `\n`, "\n"))
	case "discuss": // NUMBER FILE TEXT
		id, err := p.Discuss(w.repo, number(ts, args[0]), args[1], args[2])
		w.saved["thread/"+args[0]] = id
		return err
	case "resolves": // NUMBER: the last conversation
		return p.Resolve(w.repo, number(ts, args[0]), w.saved["thread/"+args[0]], true)
	case "create-repository": // ORG/NAME
		return p.CreateRepository(args[0], true, nil)
	case "default-branch":
		return p.SetDefaultBranch(w.repo, args[0])
	case "delete-repository": // ORG/NAME
		return p.DeleteRepository(args[0])
	case "selects": // ORG [REPO...]: which repositories the installation covers; none: all
		return w.sim.SelectRepositories(args[0], args[1:]...)
	case "fork":
		_, err := p.Fork(w.repo)
		return err
	case "delete-fork":
		_, name, _ := strings.Cut(w.repo, "/")
		return p.DeleteRepository(login + "/" + name)
	case "leaves-github":
		return p.DeleteAccount()
	}
	return fmt.Errorf("%s %s: no such verb", login, verb)
}

// pushes is push, force or edit (in the browser) [OPTION] BRANCH FILE... A file is path=text,
// path=@name for a binary of that name, path=<file for what stands on the page, path=N*line
// for a line N times, -path to remove it, old>new to rename it. Text has Go's escapes and ends
// with a newline. The branch of a fork reads fork:BRANCH.
func pushes(ts *testscript.TestScript, w *world, login, verb string, args []string) error {
	c := githubsim.Commit{Message: "change", Files: map[string]string{}, Rename: map[string]string{}, Mode: map[string]string{}}
	repo, onto := w.repo, ""
	for strings.HasPrefix(args[0], "--") {
		key, value, _ := strings.Cut(args[0][2:], "=")
		args = args[1:]
		switch key {
		case "author":
			c.Author = ident(w, value)
		case "co-author":
			c.CoAuthors = append(c.CoAuthors, ident(w, value))
		case "committer":
			c.Committer = ident(w, value)
		case "merge":
			sha, err := w.commit(value)
			if err != nil {
				return err
			}
			c.Merge = append(c.Merge, sha)
		case "onto":
			if onto = value; strings.HasPrefix(value, "#") || strings.HasPrefix(value, "@") {
				sha, err := w.commit(value)
				if err != nil {
					return err
				}
				onto = sha
			}
		case "exec":
			c.Mode[value] = githubsim.ModeExec
		case "bare": // a file, without a newline at its end
			c.Mode[value] = githubsim.ModeFile
		case "link":
			c.Mode[value] = githubsim.ModeSymlink
		case "submodule":
			c.Mode[value] = githubsim.ModeSubmodule
		default:
			return fmt.Errorf("no such option: --%s", key)
		}
	}
	var err error
	branch, fork := strings.CutPrefix(args[0], "fork:")
	if fork {
		_, name, _ := strings.Cut(repo, "/")
		repo = login + "/" + name
	}
	for _, file := range args[1:] {
		path, text, written := strings.Cut(file, "=")
		from, to, renamed := strings.Cut(file, ">")
		switch {
		case strings.HasPrefix(file, "-"):
			c.Remove = append(c.Remove, file[1:])
		case written && c.Mode[path] != "" && c.Mode[path] != githubsim.ModeExec:
			c.Files[path] = text
		case written && strings.HasPrefix(text, "<"):
			c.Files[path] = string(readFile(ts, text[1:]))
		case written && strings.HasPrefix(text, "%"): // the page's own file
			b, err := os.ReadFile(filepath.Join(w.dir, text[1:]))
			if err != nil {
				return err
			}
			c.Files[path] = string(b)
		case written && strings.HasPrefix(text, "@"):
			c.Files[path] = "\x00\x01" + text
		case written:
			if c.Files[path], err = content(text); err != nil {
				return fmt.Errorf("file %q: %w", file, err)
			}
		case renamed:
			c.Rename[from] = to
		default:
			return fmt.Errorf("file %q: want path=text, -path or old>new", file)
		}
	}
	p := w.sim.As(login)
	switch {
	case verb == "push" && onto != "": // a new branch on another
		if _, err = p.ForcePush(repo, branch, onto); err == nil {
			_, err = p.Push(repo, branch, c)
		}
	case verb == "force" && len(args)+len(c.Mode) == 1:
		_, err = p.ForcePush(repo, branch, onto)
	case verb == "force":
		_, err = p.ForcePush(repo, branch, onto, c)
	case verb == "edit":
		_, err = p.EditOnline(repo, branch, c)
	default:
		_, err = p.Push(repo, branch, c)
	}
	return err
}

// copies opens pull requests from the person's fork that all have one commit as their head.
func copies(w *world, login string, args []string) error {
	sha, err := w.commit(args[0])
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("count of copies: %w", err)
	}
	_, name, _ := strings.Cut(w.repo, "/")
	p := w.sim.As(login)
	for i := range count {
		branch := fmt.Sprintf("copy-%d", i)
		if _, err := p.ForcePush(login+"/"+name, branch, sha); err != nil {
			return err
		}
		if _, err := p.OpenPull(w.repo, githubsim.NewPull{Title: "Copy", Head: login + ":" + branch, Base: args[2]}); err != nil {
			return err
		}
	}
	return nil
}

// content is a file's text as pushes writes it.
func content(text string) (string, error) {
	times := 1
	if n, line, ok := strings.Cut(text, "*"); ok {
		if many, err := strconv.Atoi(n); err == nil {
			times, text = many, line
		}
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	return strings.Repeat(text+"\n", times), err
}

// ident is somebody's name in a commit: a login, NAME:ADDRESS as anybody can write it, or
// whatever else, which GitHub cannot resolve.
func ident(w *world, s string) githubsim.Ident {
	if name, address, ok := strings.Cut(s, ":"); ok {
		return githubsim.Ident{Name: name, Email: address}
	}
	if w.sim.UserID(s) != 0 {
		return w.sim.Ident(s)
	}
	return githubsim.Ident{Name: s, Email: s + "@nowhere.example"}
}

func review(ts *testscript.TestScript, w *world, login, state string, args []string) error {
	v := githubsim.Review{State: state, Body: "see above"}
	if len(args) > 1 {
		sha, err := w.commit(args[1])
		if err != nil {
			return err
		}
		v.Commit = sha
	}
	id, err := w.sim.As(login).Review(w.repo, number(ts, args[0]), v)
	if state != "COMMENT" {
		w.runs["review/"+args[0]+"/"+login] = id
	}
	return err
}

// ci COMMIT NAME CONCLUSION [APP]: a check run; running starts it, and a name that ran there
// before in the same app runs again. ci status COMMIT NAME STATE [APP] is a commit status.
func cmdCI(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	status := args[0] == "status"
	if status {
		args = args[1:]
	}
	sha, err := w.commit(args[0])
	ts.Check(err)
	slug := "octo-ci"
	if len(args) > 3 {
		slug = args[3]
	}
	app := w.sim.AsApp(slug)
	if status {
		ts.Check(app.Status(w.repo, sha, args[1], args[2], "from CI"))
		return
	}
	conclusion := args[2]
	if conclusion == "running" {
		conclusion = ""
	}
	key := strings.Join([]string{slug, sha, args[1]}, "/")
	last, ran := w.runs[key]
	running := w.saved[key] == "running"
	w.saved[key] = args[2]
	switch {
	case ran && running:
		err = app.Conclude(w.repo, last, conclusion)
	case ran:
		w.runs[key], err = app.Rerun(w.repo, last, conclusion)
	default:
		w.runs[key], err = app.Report(w.repo, sha, githubsim.Check{Name: args[1], Conclusion: conclusion})
	}
	ts.Check(err)
}

// finds #N RULE OUTCOME [CODE...] looks at the newest stored verdict.
func cmdFinds(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	v := w.verdict(ts, number(ts, args[0]))
	i := slices.IndexFunc(v.Findings, func(f rules.Finding) bool { return f.Rule == args[1] })
	if i < 0 {
		ts.Fatalf("no finding of rule %q", args[1])
	}
	f := v.Findings[i]
	text, err := json.MarshalIndent(f, "", "  ")
	ts.Check(err)
	holds := string(f.Outcome) == args[2]
	for _, code := range args[3:] {
		holds = holds && strings.Contains(string(text), `"`+code+`"`)
	}
	if holds == neg {
		ts.Fatalf("the finding:\n%s", text)
	}
}

// repoID is the id of the repository that commands are about.
func (w *world) repoID(ts *testscript.TestScript) int64 {
	owner, name, _ := strings.Cut(w.repo, "/")
	repo, known, err := w.app.store.RepositoryByName(context.Background(), owner, name)
	ts.Check(err)
	if !known {
		ts.Fatalf("no repository %s", w.repo)
	}
	return repo.ID
}

func (w *world) verdict(ts *testscript.TestScript, n int) rules.Verdict {
	row, found, err := w.app.store.LatestVerdict(context.Background(), w.repoID(ts), int64(n))
	ts.Check(err)
	if !found {
		ts.Fatalf("pull request %d was never judged", n)
	}
	var stored StoredVerdict
	ts.Check(decode(row.Body, &stored))
	var v rules.Verdict
	ts.Check(decode(stored.Verdict, &v))
	return v
}

// verify recomputes the ledger and judges every verdict in it again.
func cmdVerify(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	verifier, err := note.NewVerifier(w.app.verifier)
	ts.Check(err)
	ts.Check(w.app.store.Evidence(context.Background(), func(src evidence.Source) error {
		reports, err := evidence.Verify(context.Background(), src, note.VerifierList(verifier))
		for _, r := range reports {
			if !r.OK() {
				return fmt.Errorf("ledger: %s", r)
			}
		}
		return err
	}))
	replayed, err := Replay(context.Background(), w.app.o.DatabaseURL)
	ts.Check(err)
	if len(replayed.Differ) > 0 || replayed.Agreements[SameBytes] == 0 && w.judged() {
		ts.Fatalf("judged again: %+v", replayed)
	}
}

// judged says whether any verdict was recorded.
func (w *world) judged() bool {
	rows, err := w.app.store.RecentVerdicts(context.Background(), 1)
	return err != nil || len(rows) > 0
}

// page #N TEXT... wants the page of a change to say each TEXT.
func cmdPage(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	resp, err := http.Get(fmt.Sprintf("%s/changes/%s/%d", w.url, w.repo, number(ts, args[0])))
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	for _, text := range args[1:] {
		if strings.Contains(string(body), text) == neg {
			ts.Check(os.WriteFile(filepath.Join(w.dir, "page.html"), body, 0o600))
			ts.Fatalf("the page:\n%s", body)
		}
	}
}
