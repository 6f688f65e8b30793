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
	OwnerCache      = "owner"      // key: OwnerKey; whether somebody owns the organisation
	MemberCache     = "member"     // key: OwnerKey; whether somebody is of the organisation
)

// TeamKey is the key of a team's members; an empty slug gives the prefix of all the
// account's teams.
func TeamKey(account int64, slug string) string {
	if slug == "" {
		return fmt.Sprintf("%d/", account)
	}
	return fmt.Sprintf("%d/%s/", account, strings.ToLower(slug))
}

// OwnerKey is the key of somebody's standing in an organisation.
func OwnerKey(account, user int64) string { return fmt.Sprintf("%d/%d/", account, user) }

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

// What deliveries alone tell is remembered beside the reads of GitHub, for ever, as a Person.
const (
	TeamMaking = "team-made" // key: TeamMakingKey; who gave a team its slug
	JoinMemory = "join"      // key: JoinKey; who added somebody to a team, as of when

	UnaskedMemory = "unasked" // key: UnaskedKey; who took back a request for review
)

// UnaskedKey is the key of who took back that a team, or else a user, was asked for a review.
func UnaskedKey(repo, number, team, user int64) string {
	return fmt.Sprintf("%d/%d/%d/%d/", repo, number, team, user)
}

// JoinKey is the key of who added a user to a team.
func JoinKey(account, team, user int64) string { return fmt.Sprintf("%d/%d/%d/", account, team, user) }

// TeamMakingKey is the key of who gave a team its slug.
func TeamMakingKey(account, team int64, slug string) string {
	return fmt.Sprintf("%d/%d/%s/", account, team, strings.ToLower(slug))
}

// BaselineKey is the key of the checks that recent merges into a branch had.
func BaselineKey(repo int64, branch string) string { return fmt.Sprintf("%d/%s/", repo, branch) }
