package subject

import (
	"fmt"
	"strings"
)

// CacheKey names remembered reads of GitHub: those of one kind whose key begins with Prefix
// and ends with Suffix, either of which may be empty. Keys end in a slash, so that no key is
// the beginning of another one's last word.
type CacheKey struct {
	Kind   string
	Prefix string
	Suffix string
}

// The kinds of remembered reads.
const (
	TeamCache       = "team"       // key: TeamKey
	PermissionCache = "permission" // key: PermissionKey
	BaselineCache   = "baseline"   // key: BaselineKey; the checks that recent merges into a branch had
	LoginCache      = "login"      // key: lower-case login
)

// TeamKey is the key of a team's members; an empty slug gives the prefix of all the
// account's teams.
func TeamKey(account int64, slug string) string {
	if slug == "" {
		return fmt.Sprintf("%d/", account)
	}
	return fmt.Sprintf("%d/%s/", account, strings.ToLower(slug))
}

// PermissionKey is the key of a user's permission on a repository; user 0 gives the prefix
// of all of the repository's.
func PermissionKey(repo, user int64) string {
	if user == 0 {
		return fmt.Sprintf("%d/", repo)
	}
	return fmt.Sprintf("%d/%d/", repo, user)
}

// UserPermissions names a user's permissions on all repositories: what a team or an
// organisation gives or takes away, no delivery names repository by repository.
func UserPermissions(user int64) CacheKey {
	return CacheKey{Kind: PermissionCache, Suffix: fmt.Sprintf("/%d/", user)}
}

// BaselineKey is the key of the checks that recent merges into a branch had.
func BaselineKey(repo int64, branch string) string { return fmt.Sprintf("%d/%s/", repo, branch) }
