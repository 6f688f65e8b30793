package route

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/subject"
)

// click notes a press of one of our buttons, which is a command like a comment that holds one.
// Whose run it is, and at which commit, is read from GitHub before it counts; who pressed it,
// and which of the run's buttons, this delivery alone tells.
func click(d delivery, r *subject.Result, run checkResult, button string) {
	number, ours := command.Pressed(button)
	if !ours || d.Repository.ID == 0 || run.ID <= 0 || d.Sender.ID == 0 || d.Sender.Type != "User" {
		return
	}
	r.Commands = append(r.Commands, subject.CommandFact{
		Comment: clickID(d.body), Repo: d.Repository.ID, Number: number, By: d.sender(), At: d.at, CheckRun: run.ID, Button: button,
	})
	r.Subjects = append(r.Subjects, subject.Subject{Kind: subject.Comments, Repo: d.Repository.ID, Number: number})
}

// clickID is what a click is known by, as GitHub gives it no id: below zero, where no comment's
// is, and made of the body alone, which whoever sends it again cannot change without the
// signature. It has 53 bits, as many as every reader of JSON takes.
func clickID(body []byte) int64 {
	sum := sha256.Sum256(body)
	return -1 - int64(binary.BigEndian.Uint64(sum[:8])>>11)
}
