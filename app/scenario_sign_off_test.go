package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// signOffWords are the words about what is signed off.
var signOffWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"signoffs": cmdSignOffs,
	"buttons":  cmdButtons,
}

// signoffs NUMBER ['NAME by LOGIN at COMMIT'...] wants the sign-offs on a pull request that
// stand, the oldest first, each bound to a content. @NAME is a saved commit.
func cmdSignOffs(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	all, err := w.app.store.SignOffs(context.Background(), w.repoID(ts), []int64{int64(number(ts, args[0]))})
	ts.Check(err)
	var have, want []string
	for _, s := range all {
		have = append(have, fmt.Sprintf("%s by %s at %s", s.Name, s.By.Login, s.Commit[:7]))
		if s.Landed == "" {
			ts.Fatalf("%s is bound to no content", s.Name)
		}
	}
	for _, text := range args[1:] {
		want = append(want, unescape(ts, text))
	}
	if !slices.Equal(have, want) {
		ts.Logf("%s", w.log)
		ts.Fatalf("signed off: %q, want %q", have, want)
	}
}

// buttons COMMIT [LABEL...] wants our run on a commit to show these buttons, in this order.
func cmdButtons(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	if !slices.Equal(shown.Buttons, args[1:]) {
		ts.Logf("%s", w.log)
		ts.Fatalf("buttons: %q, want %q", shown.Buttons, args[1:])
	}
}
