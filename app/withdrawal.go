package app

import (
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// withdraw ends what the same person gave under the name before, and each click of theirs. They
// can do so whatever became of them.
func (d *decision) withdraw(tx *store.Tx) error {
	taken, err := tx.Commands(d.repo.ID, d.Number, store.CommandTaken)
	if err != nil {
		return err
	}
	for _, t := range taken {
		name := t.Rule
		if t.Verb == string(command.Declare) {
			name = t.Verb
		}
		if t.Verb == string(command.Withdraw) || t.Comment > d.Comment || t.Person != d.Person || !t.WithdrawnAt.IsZero() || !strings.EqualFold(name, d.said.Argument) {
			continue
		}
		t.WithdrawnAt = d.at
		if err := tx.PutCommand(t); err != nil {
			return err
		}
		d.withdrawn, d.state = append(d.withdrawn, t), store.CommandTaken
		if t.Verb == string(command.SignOff) {
			d.signing.Name = t.Rule
		} else {
			d.waiving.Rule = t.Rule
		}
	}
	c := &d.read.Change
	ended := func(id int64) bool {
		return slices.ContainsFunc(d.withdrawn, func(t store.Command) bool { return t.Comment == id })
	}
	c.Waivers = slices.DeleteFunc(slices.Clone(c.Waivers), func(w rules.Waiver) bool { return ended(w.ID) })
	c.Declared = slices.DeleteFunc(slices.Clone(c.Declared), func(e rules.Declared) bool { return ended(e.ID) })
	return nil
}

// takenBack refuses what the same person withdrew in a later comment that was decided before:
// GitHub numbers comments in the order in which they are written, and tells of them in any. When
// a button was clicked it does not tell: after a withdrawal a comment alone gives the sign-off anew.
func (d *decision) takenBack(tx *store.Tx, name string) (why string, err error) {
	for _, state := range []store.CommandState{store.CommandTaken, store.CommandRefused} {
		rows, err := tx.Commands(d.repo.ID, d.Number, state)
		if err != nil {
			return "", err
		}
		for _, row := range rows {
			if row.Person != d.Person || d.CheckRun == 0 && row.Comment < d.Comment || row.Verb != string(command.Withdraw) || row.Text == "" {
				continue
			}
			text, _, err := tx.Blob(row.Text) // of one that was erased nobody can say what it withdrew
			if err != nil {
				return "", err
			}
			if said, _ := command.Parse(string(text)); strings.EqualFold(said.Argument, name) {
				return string(command.Withdrawn), nil
			}
		}
	}
	return "", nil
}
