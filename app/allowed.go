package app

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/changewarden/changewarden/app/route"
	"github.com/changewarden/changewarden/webhook"
)

// allows reports whether the server works for an account.
func (o Options) allows(id int64, login string) bool {
	if len(o.AllowedAccounts) == 0 {
		return true
	}
	return slices.ContainsFunc(o.AllowedAccounts, func(allowed string) bool {
		if n, err := strconv.ParseInt(allowed, 10, 64); err == nil {
			return n == id // a login may look like somebody else's id
		}
		return strings.EqualFold(allowed, login)
	})
}

// ignores returns webhook.ErrIgnored for a delivery about an account that the server does not
// work for. It is not stored: whoever may install a public app could fill the disk. One that
// names no account is GitHub's own, such as a ping.
func (o Options) ignores(body []byte) error {
	if len(o.AllowedAccounts) == 0 {
		return nil
	}
	if id, login := route.Account(body); id != 0 && !o.allows(id, login) {
		return fmt.Errorf("account %d (%s) is not in CHANGEWARDEN_ALLOWED_ACCOUNTS: %w", id, login, webhook.ErrIgnored)
	}
	return nil
}

// account is GitHub's shape of a login, enterprise-managed users' with their short code too, or
// a numeric id.
var account = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

func isAccount(s string) bool { return account.MatchString(s) }
