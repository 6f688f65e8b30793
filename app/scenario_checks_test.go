package app

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/githubsim"
)

// checkWords are the words about what GitHub Actions reports.
var checkWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"job":    cmdJob,
	"posted": cmdPosted,
}

// job COMMIT WORKFLOW NAME CONCLUSION is a job of a workflow's run at a commit, both made where
// they are not there yet; a job that ran there runs again. running leaves it open.
func cmdJob(ts *testscript.TestScript, _ bool, args []string) {
	w, actions := of(ts), of(ts).sim.AsApp("github-actions")
	sha, err := w.commit(args[0])
	ts.Check(err)
	conclusion := args[3]
	if conclusion == "running" {
		conclusion = ""
	}
	workflow := strings.Join([]string{"workflow", sha, args[1]}, "/")
	if w.runs[workflow] == 0 {
		w.runs[workflow], err = actions.StartRun(w.repo, sha, ".github/workflows/"+args[1], "")
		ts.Check(err)
	}
	job := workflow + "/" + args[2]
	if last := w.runs[job]; last != 0 {
		w.runs[job], err = actions.Rerun(w.repo, last, conclusion)
	} else {
		w.runs[job], err = actions.Report(w.repo, sha, githubsim.Check{Name: args[2], Conclusion: conclusion, RunID: w.runs[workflow]})
	}
	ts.Check(err)
}

// posted COMMIT NAME CONCLUSION is a check run that a job posted with its token; posted status
// COMMIT CONTEXT STATE a commit status.
func cmdPosted(ts *testscript.TestScript, _ bool, args []string) {
	w, actions := of(ts), of(ts).sim.AsApp("github-actions")
	status := args[0] == "status"
	if status {
		args = args[1:]
	}
	sha, err := w.commit(args[0])
	ts.Check(err)
	if status {
		ts.Check(actions.Status(w.repo, sha, args[1], args[2], "posted"))
		return
	}
	_, err = actions.Report(w.repo, sha, githubsim.Check{Name: args[1], Conclusion: args[2], Posted: true})
	ts.Check(err)
}

// deleteRun is LOGIN delete-run COMMIT WORKFLOW: with it goes what its jobs reported.
func deleteRun(w *world, login string, args []string) error {
	sha, err := w.commit(args[0])
	if err != nil {
		return err
	}
	return w.sim.As(login).DeleteRun(w.repo, w.runs[strings.Join([]string{"workflow", sha, args[1]}, "/")])
}
