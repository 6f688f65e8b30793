package snapshot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// policyHome is the repository of an organisation whose policy file is the floor for all of
// its repositories.
const policyHome = ".github"

// floor is the layer that no repository can take from.
type floor struct {
	layer   rules.Layer
	texts   []PolicyText
	notices []rules.Notice
}

// homeFloor is the organisation's file as it was last good. It stays in force whatever
// becomes of the file: nobody gets rid of a control by losing it.
type homeFloor struct {
	Repo int64 `json:"repo"` // where it stands
	Text PolicyText
}

// floorOf returns the floor: the organisation's file, the last good one if there is none any
// more or it is broken, else the operator's or the built-in policy. A file that was broken
// from the start leaves a gap, so that nothing passes on a floor that was never read; but in
// its own repository the floor before it judges, so that it can be mended there.
func (l *look) floorOf(ctx context.Context, f *facts) (floor, error) {
	before, err := l.givenFloor(ctx)
	if err != nil || f.repo.Owner.Typename != "Organization" {
		return before, err
	}
	key := fmt.Sprintf("%d/", f.repo.Owner.DatabaseID)
	var last homeFloor
	if _, _, err := l.recall(ctx, floorMemory, key, &last); err != nil {
		return floor{}, err
	}
	home := f.home()
	if err := l.complete(ctx, home); err != nil {
		return floor{}, err
	}
	text, notice := home.policyText(rules.FloorLayer)
	switch {
	case text == nil && notice.Code == "" && last.Repo == 0:
		return before, nil
	case text == nil && notice.Code == "":
		notice = rules.Notice{Code: rules.NoticeFloorGone}
	case text != nil && last.Repo != 0 && last.Repo != home.DatabaseID && last.Text.Blob != text.Blob:
		// Whoever may make repositories could make one of that name. What says the same, word
		// for word, takes over.
		notice = rules.Notice{Code: rules.NoticeFloorReplaced}
	case text != nil:
		own, err := l.homeLayer(ctx, *text, false)
		if err == nil {
			if last.Repo != home.DatabaseID || last.Text.Blob != text.Blob {
				err = l.remember(ctx, floorMemory, key, homeFloor{Repo: home.DatabaseID, Text: own.texts[len(own.texts)-1]}, 0)
			}
			return own, err
		}
		if !errors.Is(err, errBroken) {
			return floor{}, err
		}
		notice = broken(err)
	}
	notice.File = policyPath + " of " + homeName(f)
	if last.Repo != 0 {
		own, err := l.homeLayer(ctx, last.Text, true)
		if err == nil || !errors.Is(err, errBroken) {
			own.notices = []rules.Notice{notice}
			return own, err
		}
	}
	before.notices = []rules.Notice{notice}
	if !f.isHome() {
		f.gap(rules.GapPolicy, 0, 0)
	}
	return before, nil
}

// givenFloor is the operator's policy, or the built-in one: what is in force where an
// organisation has none.
func (l *look) givenFloor(ctx context.Context) (floor, error) {
	p, err := l.layer(ctx, PolicyText{Layer: l.Floor.layer(), Path: l.Floor.File, Text: l.Floor.Text}, false)
	if err != nil {
		return floor{}, fmt.Errorf("read the floor %s: %w", l.Floor.File, err)
	}
	return floor{layer: p.layer, texts: []PolicyText{p.text}}, nil
}

// homeLayer is the floor that an organisation's file makes; stored as in layer.
func (l *look) homeLayer(ctx context.Context, text PolicyText, stored bool) (floor, error) {
	p, err := l.layer(ctx, text, stored)
	if err != nil {
		return floor{}, err
	}
	out := floor{texts: []PolicyText{p.text}}
	var builtIn parsed
	if len(p.layer.Rules) == 0 {
		builtIn, err = l.layer(ctx, PolicyText{Layer: BuiltInLayer, Path: rules.DefaultFile, Text: []byte(rules.DefaultText())}, false)
		if err != nil {
			return floor{}, err
		}
		out.texts = []PolicyText{builtIn.text, p.text}
	}
	if out.layer, err = composeFloor(builtIn.layer, p.layer); err != nil {
		return floor{}, fmt.Errorf("%w: %w", errBroken, err)
	}
	return out, nil
}

// home is where the organisation's policy stands; nil if it is not there for the app, or if
// the name leads to another account by now.
func (f *facts) home() *policySource {
	if f.floor == nil || f.floor.Owner != f.repo.Owner {
		return nil
	}
	return f.floor
}

// isHome reports whether the pull request is one of the organisation's repository of policies.
func (f *facts) isHome() bool {
	_, name, _ := strings.Cut(f.repo.NameWithOwner, "/")
	return f.repo.Owner.Typename == "Organization" && strings.EqualFold(name, policyHome)
}

func homeName(f *facts) string {
	owner, _, _ := strings.Cut(f.repo.NameWithOwner, "/")
	return owner + "/" + policyHome
}

// broken is the notice of a file that does not parse, with the line of the first error.
func broken(err error) rules.Notice {
	n := rules.Notice{Code: rules.NoticeBrokenPolicy}
	if first, ok := errors.AsType[*rules.SyntaxError](err); ok {
		n.Line = first.Line
	}
	return n
}
