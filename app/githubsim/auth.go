package githubsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// token is an installation token.
type token struct {
	text        string
	install     *installation
	expires     time.Time
	permissions map[string]string    // nil: those of the installation
	repos       map[*repository]bool // empty: those of the installation
}

// can says whether the token holds a permission: never more than its installation does.
func (t *token) can(permission, level string) bool {
	if !t.install.can(permission, level) {
		return false
	}
	if t.permissions == nil {
		return true
	}
	have := t.permissions[permission]
	return have == level || have == "write" && level == "read"
}

// authenticate finds out who calls: the app by its JWT, or an installation by its token.
func (c *call) authenticate(asApp bool) error {
	scheme, cred, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if cred == "" || !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		return refuse(401, "Requires authentication")
	}
	if asApp {
		return c.checkJWT(cred)
	}
	t := c.world.tokens[cred]
	if t == nil || t.install.deleted || !c.now().Before(t.expires) {
		return refuse(401, "Bad credentials")
	}
	if !t.install.suspended.IsZero() {
		return refuse(403, "This installation has been suspended")
	}
	c.token, c.install = t, t.install
	return nil
}

// maxJWT is how far ahead of GitHub's clock an app's JWT may expire.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
const maxJWT = 10 * time.Minute

// checkJWT verifies an app's JWT: RS256 by its key, issued by its id, for ten minutes at most.
func (c *call) checkJWT(cred string) error {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	if _, err := parser.ParseWithClaims(cred, claims, func(*jwt.Token) (any, error) { return &c.key.PublicKey, nil }); err != nil {
		return refuse(401, "A JSON web token could not be decoded")
	}
	iat, okI := number(claims["iat"])
	exp, okE := number(claims["exp"])
	now := c.opts.JWTNow()
	switch {
	case fmt.Sprint(claims["iss"]) != strconv.FormatInt(c.world.app.id, 10):
		return refuse(404, "Integration not found")
	case !okE:
		return refuse(401, "Missing 'expiration' claim ('exp') in assertion")
	case !okI:
		return refuse(401, "Missing 'issued at' claim ('iat') in assertion")
	case iat.After(now):
		return refuse(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	case !exp.After(now):
		return refuse(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case exp.After(now.Add(maxJWT)):
		return refuse(401, "'Expiration time' claim ('exp') is too far in the future")
	}
	return nil
}

// number reads a NumericDate.
func number(claim any) (time.Time, bool) {
	n, ok := claim.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	f, err := n.Float64()
	return time.Unix(int64(f), 0), err == nil
}

// tokenLife is how long an installation token lives.
const tokenLife = time.Hour

// RevokeTokens makes all tokens of the app's installation on an account worthless, as GitHub
// does with one that leaked.
func (s *Server) RevokeTokens(login string) error {
	return s.onInstallation(login, func(i *installation) {
		maps.DeleteFunc(s.world.tokens, func(_ string, t *token) bool { return t.install == i })
	})
}

// createToken is POST /app/installations/{installation_id}/access_tokens. The token has
// today's shape, ghs_<app id>_<a long rest>: longer than the 40 characters of old.
func createToken(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["installation_id"], 10, 64)
	i := c.installationByID(id)
	if i == nil || i.app != c.world.app {
		return nil, notFound()
	}
	if !i.suspended.IsZero() {
		return nil, refuse(403, "This installation has been suspended")
	}
	var in struct {
		Repositories  []string          `json:"repositories"`
		RepositoryIDs []int64           `json:"repository_ids"`
		Permissions   map[string]string `json:"permissions"`
	}
	if len(c.body) > 0 {
		if err := c.decode(&in); err != nil {
			return nil, err
		}
	}
	n := c.id(kindToken)
	t := &token{
		text:    fmt.Sprintf("ghs_%d_%s", c.world.app.id, hashObject("token", fmt.Append(nil, n, c.secret))+hashObject("more", fmt.Append(nil, n, c.secret))),
		install: i, expires: c.now().Add(tokenLife), repos: map[*repository]bool{},
	}
	if in.Permissions != nil {
		t.permissions = in.Permissions
	}
	for _, r := range c.repositoriesOf(i) {
		for _, name := range in.Repositories {
			if strings.EqualFold(r.name, name) {
				t.repos[r] = true
			}
		}
		for _, id := range in.RepositoryIDs {
			if r.id == id {
				t.repos[r] = true
			}
		}
	}
	if len(t.repos) < len(in.Repositories)+len(in.RepositoryIDs) {
		return nil, refuse(422, "There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	for name, level := range in.Permissions {
		if !i.can(name, level) {
			return nil, refuse(422, "The permissions requested are not granted to this installation.")
		}
	}
	c.world.tokens[t.text] = t
	c.status = 201
	granted := maps.Clone(i.permissions)
	if t.permissions != nil {
		granted = t.permissions
	}
	out := obj{
		"token": t.text, "expires_at": stamp(t.expires), "permissions": permissionsJSON(granted),
		"repository_selection": selection(i.all && len(t.repos) == 0),
	}
	if len(t.repos) > 0 {
		repos := list{}
		for _, r := range c.repositoriesOf(i) {
			if t.repos[r] {
				repos = append(repos, c.repoJSON(r))
			}
		}
		out["repositories"] = repos
	}
	return out, nil
}

func selection(all bool) string {
	if all {
		return "all"
	}
	return "selected"
}

// installationJSON is an installation.
func (s *Server) installationJSON(i *installation) obj {
	api := fmt.Sprintf("%s/app/installations/%d", s.url, i.id)
	events := list{}
	for _, e := range i.app.events {
		events = append(events, e)
	}
	o := obj{
		"id": i.id, "app_id": i.app.id, "app_slug": i.app.slug, "client_id": fmt.Sprintf("Iv23li%014d", i.app.id),
		"account": s.userJSON(i.account), "target_id": i.account.id, "target_type": i.account.typ,
		"repository_selection": selection(i.all), "permissions": permissionsJSON(i.permissions), "events": events,
		"access_tokens_url": api + "/access_tokens", "repositories_url": s.url + "/installation/repositories",
		"html_url":   fmt.Sprintf("%s/organizations/%s/settings/installations/%d", s.url, i.account.login, i.id),
		"created_at": stamp(i.created), "updated_at": stamp(i.created), "single_file_name": nil,
		"has_multiple_single_files": false, "single_file_paths": list{}, "suspended_at": stamp(i.suspended), "suspended_by": nil,
	}
	if !i.suspended.IsZero() {
		o["suspended_by"] = s.userJSON(s.ownerOf(i.account))
	}
	return o
}
