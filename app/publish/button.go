package publish

import (
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/say"
)

// Button is a button of a check run, which signs something off.
type Button struct {
	ID   string // GitHub says by it which one was pressed; at most 20 characters
	Name string // of what is signed off, as the policy writes it
}

// Action is a button in GitHub's words.
type Action struct {
	ID          string `json:"id"`
	Label       string `json:"label"`
	Description string `json:"description"`
}

// GitHub's limits of buttons. https://docs.github.com/en/rest/checks/runs
const (
	maxActions           = 3
	maxActionLabel       = 20
	maxActionDescription = 40
)

// actions are the buttons of a run, as many as GitHub takes; it shows them once the run is
// completed. A commit that is several changes has none: a click would not say which is meant.
func actions(items []Item) []Action {
	if len(items) != 1 {
		return nil
	}
	if _, status, _ := answer(items[0].Verdict.Outcome); status != RunCompleted {
		return nil
	}
	var out []Action
	for _, b := range items[0].Buttons {
		name := strings.Join(strings.Fields(say.Visible(b.Name)), " ")
		if len(out) == maxActions || name == "" {
			break
		}
		out = append(out, Action{
			ID: b.ID, Label: cut("Sign off "+name, maxActionLabel), Description: cut("Give the sign-off "+name, maxActionDescription),
		})
	}
	return out
}

// toSignOff says what the buttons are for, and of what there was no room for one; empty where
// there are none.
func toSignOff(items []Item) string {
	if len(actions(items)) == 0 {
		return ""
	}
	var names []string
	for _, b := range items[0].Buttons {
		names = append(names, code(cut(b.Name, 200)))
	}
	return "\nTo be signed off before a deployment: " + strings.Join(atMost(names, "%d more"), ", ") +
		". Whoever may can press the button of this check run, or write the comment " + code("/sign-off NAME") + ".\n"
}

// actionsKey is what a publication's digest has of its buttons; nothing where there are none.
func actionsKey(all []Action) []string {
	if len(all) == 0 {
		return nil
	}
	key := []string{"actions"}
	for _, a := range all {
		key = append(key, a.ID, a.Label, a.Description)
	}
	return key
}

// runUpdate is go-github's, which leaves out an empty list of actions: it takes those away that stand.
type runUpdate struct {
	github.UpdateCheckRunOptions

	Actions []*github.CheckRunAction `json:"actions"`
}

func checkRunActions(all []Action) []*github.CheckRunAction {
	out := make([]*github.CheckRunAction, 0, len(all))
	for _, a := range all {
		out = append(out, &github.CheckRunAction{Label: a.Label, Description: a.Description, Identifier: a.ID})
	}
	return out
}
