package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app"
)

// settings collects what is wrong while settings are read. A name is that of an environment
// variable without its CHANGEWARDEN_.
type settings struct {
	problems []*app.Problem
	warnings []*app.Problem // unsafe, but it works
}

// problem keeps what is wrong with one setting.
func (s *settings) problem(name, format string, args ...any) {
	s.problems = append(s.problems, &app.Problem{Setting: "CHANGEWARDEN_" + name, Text: fmt.Sprintf(format, args...)})
}

// judge adds what is wrong with o, but for settings that have a problem already: what could
// not be read is not also missing. A secret and the file of it are one setting here.
func (s *settings) judge(o app.Options) {
	known := map[string]bool{}
	for _, p := range s.problems {
		known[strings.TrimSuffix(p.Setting, "_FILE")] = true
	}
	for _, p := range o.Problems() {
		if !known[strings.TrimSuffix(p.Setting, "_FILE")] {
			s.problems = append(s.problems, p)
		}
	}
}

func (s *settings) warn(name, text string) {
	s.warnings = append(s.warnings, &app.Problem{Setting: "CHANGEWARDEN_" + name, Text: text})
}

// number returns text as a number, and 0 if it is empty.
func (s *settings) number(name, text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		s.problem(name, "is not a number: give digits alone")
	}
	return n
}

// days returns text, a number of days, as a time; empty is 0.
func (s *settings) days(name, text string) time.Duration {
	n := s.number(name, text)
	if n < 0 || n > 36500 || text != "" && n == 0 {
		s.problem(name, "is no number of days from 1 to 36500")
		return 0
	}
	return time.Duration(n) * 24 * time.Hour
}

// secret returns the secret that name holds, or that the file of name_FILE does.
func (s *settings) secret(name, text, file string) string {
	switch {
	case file == "":
		return text
	case text != "":
		s.problem(name, "and CHANGEWARDEN_%s_FILE are both set: take one of them out", name)
		return ""
	}
	b := s.read(name+"_FILE", file)
	if mode, ok := exposed(file); ok && len(b) > 0 {
		s.warn(name+"_FILE", fmt.Sprintf("can be read by others on this machine, or written by its group (mode %04o): run chmod 600 on it", mode))
	}
	return string(b)
}

// read returns the content of a file that must not be empty.
func (s *settings) read(name, file string) []byte {
	b, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.problem(name, "names %s, which is not there: check the path", file)
	case errors.Is(err, fs.ErrPermission):
		s.problem(name, "names %s, which this user must not read: change its owner, or start the server as that", file)
	case err != nil:
		s.problem(name, "cannot be used: %v", err)
	case len(bytes.TrimSpace(b)) == 0:
		s.problem(name, "names %s, which is empty: check the path", file)
	}
	return b
}

// ledgerKey looks at the key that is to sign the ledger.
func (s *settings) ledgerKey(file string) {
	if _, err := app.LedgerVerifier(file); err != nil {
		if p, ok := errors.AsType[*app.Problem](err); ok {
			s.problems = append(s.problems, p)
		}
		return
	}
	if mode, ok := exposed(file); ok {
		s.warn("LEDGER_KEY_FILE", fmt.Sprintf("can be read by others on this machine, or written by its group (mode %04o): run chmod 600 on it", mode))
	}
}

// exposed reports whether others may read a file, or anybody but its owner change it. A
// group may read: it is how orchestrators hand secrets to a user that is not root.
func exposed(file string) (fs.FileMode, bool) {
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS == "windows" {
		return 0, false
	}
	mode := info.Mode().Perm()
	return mode, mode&0o027 != 0
}
