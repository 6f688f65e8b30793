package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/doctor"
	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
)

// Examine looks at everything that a server with these options needs, and says what is wrong
// and what to do about it. problems and warnings are what was found while the options were
// read. It writes nothing, here or on GitHub; the server may be running. Of most repositories it
// looks at what their branches require. Options.Now is required.
func Examine(ctx context.Context, o Options, problems, warnings []*Problem, most int) []doctor.Finding {
	var all []doctor.Finding
	setting := func(level doctor.Level, text string, p *Problem) {
		all = append(all, doctor.Finding{Check: doctor.Settings, Level: level, Subject: p.Setting, Text: text, Advice: p.Error() + "."})
	}
	for _, p := range problems {
		setting(doctor.Broken, "it cannot be used", p)
	}
	for _, p := range warnings {
		setting(doctor.Warning, "it works, and is unsafe", p)
	}
	if len(all) == 0 {
		all = append(all, doctor.Finding{Check: doctor.Settings, Level: doctor.OK, Text: "the server can start with these settings"})
	}
	all = append(all, examineGitHub(ctx, o, most)...)
	all = append(all, examineDatabase(ctx, o)...)
	all = append(all, examineGate(ctx, o)...)
	if free, known := freeSpace(o.sqliteFile()); known {
		all = append(all, examineDisk(free))
	}
	return all
}

func examineGitHub(ctx context.Context, o Options, most int) []doctor.Finding {
	api, err := o.APIURL()
	var clients *ghclient.Clients
	if err == nil {
		clients, err = ghclient.New(ghclient.Options{
			API: api, App: o.AppID, Key: o.PrivateKey, Timeout: requestTimeout, UserAgent: "changewarden/" + o.Version, Now: o.Now,
		})
	}
	if err != nil {
		return []doctor.Finding{{Check: doctor.Key, Level: doctor.Unseen, Text: "GitHub was not asked", Advice: "Mend the settings first."}}
	}
	return doctor.GitHub{
		Clients: clients, App: o.AppID, PublicURL: o.PublicURL, Required: []string{publish.RunName, publish.Context}, Most: most, Now: o.Now,
	}.Examine(ctx)
}

// examineDatabase looks at the tables and at the ledger's key.
func examineDatabase(ctx context.Context, o Options) []doctor.Finding {
	broken := func(check, text, advice string) []doctor.Finding {
		return []doctor.Finding{{Check: check, Level: doctor.Broken, Text: text, Advice: advice}}
	}
	if file := o.sqliteFile(); file != "" {
		switch f, err := os.OpenFile(file, os.O_RDWR, 0); {
		case errors.Is(err, os.ErrNotExist):
			return []doctor.Finding{{Check: doctor.Database, Level: doctor.Warning, Text: file + " is not there yet", Advice: "The server makes it when it first starts. If it has been running, mend CHANGEWARDEN_DATABASE_URL, or restore the file."}}
		case err != nil:
			return broken(doctor.Database, fmt.Sprintf("the database cannot be written: %v", err), "Give the file and its directory to the user that the server runs as.")
		default:
			_ = f.Close() // nothing was written
		}
	}
	s, err := openReadOnly(ctx, o.DatabaseURL)
	if err != nil {
		return broken(doctor.Database, fmt.Sprintf("the database cannot be used: %v", err), "Start the program that it was last used with, or a newer one, which brings the tables up to date; if the file is damaged, restore it and run changewarden verify.")
	}
	defer func() { _ = s.Close() }() // it was only read
	pulse, err := s.Pulse(ctx, time.Time{})
	if err != nil {
		return broken(doctor.Database, fmt.Sprintf("the database cannot be read: %v", err), "Restore it from a backup and run changewarden verify.")
	}
	fine := doctor.Finding{Check: doctor.Database, Level: doctor.OK, Text: fmt.Sprintf("the tables are of this version; %d ledger records of %d accounts", pulse.Records, pulse.Ledgers)}
	verifier, err := LedgerVerifier(o.LedgerKeyPath())
	if err != nil {
		return append(broken(doctor.Ledger, "the ledger's signing key cannot be used", err.Error()+"."), fine)
	}
	key, err := note.NewVerifier(verifier)
	if err != nil {
		return append(broken(doctor.Ledger, "the ledger's signing key cannot be used", err.Error()+"."), fine)
	}
	for _, l := range pulse.Largest {
		_, checkpoint, _, err := s.LedgerHead(ctx, l.Log)
		if err == nil {
			_, _, err = evidence.Open(checkpoint, note.VerifierList(key))
		}
		if err != nil {
			return append(broken(doctor.Ledger, fmt.Sprintf("the head of log %d is not signed with this key: %v", l.Log, err), "Restore the signing key that was made with this database, and run changewarden verify."), fine)
		}
	}
	return []doctor.Finding{fine, {Check: doctor.Ledger, Level: doctor.OK, Text: "the key fits what it signed: " + verifier}}
}

// Space that is left beside the SQLite file. At the least a day of a busy organisation fits.
const (
	littleSpace = 2 << 30
	leastSpace  = 256 << 20
)

func examineDisk(free int64) doctor.Finding {
	f := doctor.Finding{Check: doctor.Disk, Level: doctor.OK, Text: fmt.Sprintf("%d MB are left for the database", free>>20)}
	if free < littleSpace {
		f.Level, f.Advice = doctor.Warning, "Make room on that file system: without it deliveries are refused, and nothing is judged."
	}
	if free < leastSpace {
		f.Level = doctor.Broken
	}
	return f
}
