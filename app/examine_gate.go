package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"runtime"

	"github.com/changewarden/changewarden/app/doctor"
	"github.com/changewarden/changewarden/app/identity"
)

// examineGate looks at what jobs need that ask through the API: the issuer of their tokens, and
// the key of permits. Without an audience there is no such API, and nothing is said.
func examineGate(ctx context.Context, o Options) []doctor.Finding {
	if o.Audience() == "" {
		return nil
	}
	all := []doctor.Finding{examinePermitKey(o)}
	issuer, err := o.Issuer()
	if err != nil {
		return append(all, doctor.Finding{Check: doctor.Identity, Level: doctor.Unseen, Text: "the issuer of job tokens was not asked", Advice: "Mend the settings first."})
	}
	count, err := identity.New(identity.Options{Issuer: issuer, Audience: o.Audience(), Now: o.Now, Client: issuerClient(o)}).Examine(ctx)
	if err != nil {
		// The control holds: a job that asks gets no approval.
		return append(all, doctor.Finding{
			Check: doctor.Identity, Level: doctor.Warning, Text: fmt.Sprintf("the issuer of job tokens cannot be used: %v", err),
			Advice: "Let this machine reach " + issuer + ", or mend CHANGEWARDEN_TOKEN_ISSUER. Until then no job that asks through the API is approved; nothing is lost where none asks.",
		})
	}
	return append(all, doctor.Finding{Check: doctor.Identity, Level: doctor.OK, Text: fmt.Sprintf("the issuer of job tokens, %s, answers; %d keys", issuer, count)})
}

// issuerClient reads what the issuer of job tokens says, and follows it nowhere.
func issuerClient(o Options) *http.Client {
	return &http.Client{
		Timeout: requestTimeout, Transport: o.seams.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// examinePermitKey reads the key of permits as the server does, and makes none.
func examinePermitKey(o Options) doctor.Finding {
	f := doctor.Finding{Check: doctor.PermitKey, Level: doctor.OK}
	path := o.PermitKeyPath()
	if path == "" {
		f.Text = "no key is set: the API approves without permits"
		return f
	}
	_, err := permitKey(path, false)
	switch {
	case o.PermitKeyFile == "" && errors.Is(err, fs.ErrNotExist):
		f.Text = path + " is not there yet: the server makes it when it starts"
		return f
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		f.Level, f.Text = doctor.Broken, fmt.Sprintf("the key of permits cannot be read: %v", errors.Unwrap(err))
		f.Advice = "Give the file to the user that the server runs as, or mend CHANGEWARDEN_PERMIT_KEY_FILE: the server does not start without."
		return f
	case err != nil:
		f.Level, f.Text = doctor.Broken, fmt.Sprintf("the key of permits, %s, cannot be used: %v", path, err)
		f.Advice = "Make one with openssl genpkey -algorithm ed25519, and give every replica that file: the server does not start with this one. Permits of the last minutes end with the key that they were made with, and nothing else."
		return f
	}
	f.Text = "permits are signed with " + path
	if o.PermitKeyFile != "" {
		return f // who else may use it stands with the settings
	}
	info, err := os.Stat(path)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		f.Level, f.Text = doctor.Warning, fmt.Sprintf("%s can be used by others on this machine (mode %04o)", path, info.Mode().Perm())
		f.Advice = "Run chmod 600 on it. If others were here, remove it and start the server again, which makes another: who has the key can make permits."
	}
	return f
}
