package githubsim

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// The issuer of the tokens with which jobs say who they are stands where GitHub Enterprise
// Server has it, below /_services. It is not part of the API that GitHub describes.
// https://docs.github.com/en/actions/reference/security/oidc
const (
	issuerPath  = "/_services/token"
	requestPath = "/_services/idtoken/"
	issuerKeyID = "cc413527-173f-5a05-976e-9c52b1d7b431"
)

// issuerKey signs tokens and nothing else.
var issuerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// idTokenLife is GitHub's.
const idTokenLife = 5 * time.Minute

// Issuer is who makes the tokens, as they name it.
func (s *Server) Issuer() string { return s.URL() + issuerPath }

// serveIssuer answers for the issuer; false: it is not asked.
func (s *Server) serveIssuer(w http.ResponseWriter, r *http.Request) bool {
	switch path := r.URL.Path; {
	case path == issuerPath+"/.well-known/openid-configuration":
		writeJSON(w, obj{"issuer": s.Issuer(), "jwks_uri": s.Issuer() + "/.well-known/jwks", "id_token_signing_alg_values_supported": list{"RS256"}})
	case path == issuerPath+"/.well-known/jwks":
		key, err := issuerKey()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return true
		}
		encode := base64.RawURLEncoding.EncodeToString
		writeJSON(w, obj{"keys": list{obj{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": issuerKeyID,
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	case strings.HasPrefix(path, requestPath):
		s.serveTokenRequest(w, r)
	default:
		return false
	}
	return true
}

// serveTokenRequest gives a job its token, as the runner does at ACTIONS_ID_TOKEN_REQUEST_URL.
func (s *Server) serveTokenRequest(w http.ResponseWriter, r *http.Request) {
	var job idTokenRequest
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "bearer "))
	if err != nil || json.Unmarshal(text, &job) != nil {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	claims, err := s.IDClaims(job.Repo, job.Run, job.Environment, r.URL.Query().Get("audience"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	token, err := s.SignIDToken(claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, obj{"value": token, "count": len(token)})
}

// idTokenRequest is which job asks. A runner's is opaque; this one holds it.
type idTokenRequest struct {
	Repo, Environment string
	Run               int64
}

// IDTokenRequest is what a job with "id-token: write" has in ACTIONS_ID_TOKEN_REQUEST_URL and
// ACTIONS_ID_TOKEN_REQUEST_TOKEN.
func (s *Server) IDTokenRequest(repo string, run int64, environment string) (url, token string) {
	text, _ := json.Marshal(idTokenRequest{Repo: repo, Environment: environment, Run: run}) // of text and a number
	return fmt.Sprintf("%s%s%d?api-version=2.0", s.URL(), requestPath, run), base64.RawURLEncoding.EncodeToString(text)
}

// IDClaims are the claims of the token that GitHub gives a job of a run, in an environment or in
// none.
func (s *Server) IDClaims(repo string, runID int64, environment, audience string) (map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil {
		return nil, notFound()
	}
	u := r.suiteOfRun(runID)
	if u == nil {
		return nil, notFound()
	}
	ref, by, now := "refs/heads/"+u.branch, u.job.by(u), s.opts.Now().Unix()
	sub := "repo:" + r.fullName() + ":ref:" + ref
	if u.job.event == "pull_request" {
		sub = "repo:" + r.fullName() + ":pull_request"
	}
	claims := map[string]any{}
	if environment != "" {
		sub = "repo:" + r.fullName() + ":environment:" + environment
		claims["environment"] = environment
	}
	workflow := r.fullName() + "/" + u.job.path + "@" + ref
	maps.Copy(claims, map[string]any{
		"jti": fmt.Sprintf("7d1f%04x-0000-4000-8000-%012x", s.opts.Seed&0xffff, s.id(kindIDToken)),
		"iss": s.url + issuerPath, "aud": audience, "sub": sub,
		"iat": now, "nbf": now - int64(10*time.Minute/time.Second), "exp": now + int64(idTokenLife/time.Second),
		"repository": r.fullName(), "repository_id": strconv.FormatInt(r.id, 10), "repository_visibility": r.visibility(),
		"repository_owner": r.owner.login, "repository_owner_id": strconv.FormatInt(r.owner.id, 10),
		"actor": by.login, "actor_id": strconv.FormatInt(by.id, 10),
		"ref": ref, "ref_type": "branch", "ref_protected": "false", "base_ref": "", "head_ref": "", "sha": u.sha, "event_name": u.job.event,
		"run_id": strconv.FormatInt(runID, 10), "run_number": strconv.Itoa(u.job.number), "run_attempt": strconv.Itoa(max(u.job.attempt, 1)),
		"workflow": u.job.name, "workflow_ref": workflow, "workflow_sha": u.sha, "job_workflow_ref": workflow, "job_workflow_sha": u.sha,
		"runner_environment": "github-hosted",
	})
	return claims, nil
}

// SignIDToken signs claims as the issuer.
func (s *Server) SignIDToken(claims map[string]any) (string, error) {
	key, err := issuerKey()
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(claims))
	token.Header["kid"] = issuerKeyID
	return token.SignedString(key)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v) // whoever is gone asks again
}
