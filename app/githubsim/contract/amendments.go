package contract

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// An amendment is one place where GitHub's description is known to be wrong or silent,
// and what GitHub does instead. These tables are the only excuses there are; each row
// says why, and is as narrow as the fact allows.
type amendment struct {
	at    string // JSON pointer into the description
	from  string // JSON pointer: what stands there is copied to at first
	set   string // JSON that replaces what stands at
	merge string // JSON, merged into what stands at (RFC 7396); beside a $ref it is added to it
	why   string
}

var restAmendments = []amendment{
	{
		at: "/components/schemas/check-run/properties/conclusion/enum", set: `["success","failure","neutral","cancelled","skipped","timed_out","action_required","stale",null]`,
		why: "GitHub sets stale on a run that was not completed for fourteen days; the description names it for suites alone",
	},
	{
		at: "/components/schemas/pull-request/properties/head/properties/repo", merge: `{"nullable":true}`,
		why: "the head's repository is null once the fork is deleted",
	},
	{
		at: "/components/schemas/pull-request-simple/properties/head/properties/repo", merge: `{"nullable":true}`,
		why: "the head's repository is null once the fork is deleted",
	},
	{
		at: "/paths/~1repositories~1{repository_id}", from: "/paths/~1repos~1{owner}~1{repo}",
		merge: `{"get":{"parameters":[{"name":"repository_id","in":"path","required":true,"schema":{"type":"integer"}}]}}`,
		why:   "a repository can be read by its id, which outlives a rename; the path is not described",
	},
	{
		at: "/paths/~1repositories~1{repository_id}~1installation", from: "/paths/~1repos~1{owner}~1{repo}~1installation",
		merge: `{"get":{"parameters":[{"name":"repository_id","in":"path","required":true,"schema":{"type":"integer"}}]}}`,
		why:   "where GitHub sends the question by a former name on to; the path is not described",
	},
	{
		at: "/paths/~1repositories~1{repository_id}~1issues~1{issue_number}", from: "/paths/~1repos~1{owner}~1{repo}~1issues~1{issue_number}",
		merge: `{"get":{"parameters":[{"name":"repository_id","in":"path","required":true,"schema":{"type":"integer"}},{"$ref":"#/components/parameters/issue-number"}]}}`,
		why:   "where GitHub sends who asks for an issue that was transferred; the path is not described",
	},
	{
		at: "/components/schemas/environment/properties/can_admins_bypass", merge: `{"type":"boolean"}`,
		why: "an environment says whether administrators may pass its rules; the field is not described",
	},
	{
		at:    "/paths/~1repos~1{owner}~1{repo}~1statuses~1{sha}/post/requestBody/content/application~1json/schema/properties/description",
		merge: `{"maxLength":140}`,
		why:   "a longer description is answered with 422; the limit is not described",
	},
	{
		at:    "/paths/~1repos~1{owner}~1{repo}~1deployments~1{deployment_id}~1statuses/post/requestBody/content/application~1json/schema/properties/description",
		merge: `{"maxLength":140}`,
		why:   "the limit is stated in prose alone",
	},
	{
		at: "/components/parameters/per-page/schema", merge: `{"minimum":1,"maximum":100}`,
		why: "the limit is stated in prose alone; who asks for more gets 100 and may take them for all",
	},
	{
		at: "/components/schemas/basic-error", merge: `{"required":["message"]}`,
		why: "every error has a message; the description requires nothing, so it would accept any object",
	},
	{
		at:  "/paths/~1app~1installations/get/responses/200/content/application~1json/schema/items",
		set: `{"$ref":"#/components/schemas/installation"}`,
		why: "the inlined copy wants an account that is a user and an enterprise at once, which nothing is",
	},
	{
		at:    "/paths/~1app~1installations~1{installation_id}~1access_tokens/post/requestBody/content/application~1json/schema",
		merge: `{"nullable":true}`,
		why:   "ghinstallation sends null where it wants no restriction, and GitHub gives it a token",
	},
	{
		at: "/components/schemas/validation-error/properties/status", merge: `{"type":"string"}`,
		why: "every error repeats its status; here the field is not described",
	},
}

var webhookAmendments = []amendment{
	{
		at: "/components/schemas/pull-request/properties/head/properties/repo", merge: `{"nullable":true}`,
		why: "the head's repository is null once the fork is deleted",
	},
}

// undescribedFields are fields that GitHub sends everywhere, and that some of the many
// copies of a schema in the description lack.
var undescribedFields = []struct {
	at    *regexp.Regexp // the JSON pointer to the field
	value *regexp.Regexp // its value as JSON
	why   string
}{
	{
		regexp.MustCompile(`/(app|installation|performed_via_github_app)/permissions/[a-z_]+$`), regexp.MustCompile(`^"(read|write|admin)"$`),
		"an app's permissions are inlined with the names of the day; newer ones, as merge_queues, are not among them",
	},
	{
		regexp.MustCompile(`/performed_via_github_app/client_id$`), regexp.MustCompile(`^"Iv[0-9A-Za-z.]+"$`),
		"every app says its client id; the inlined copies of the events of issues are older than that",
	},
	{
		regexp.MustCompile(`/(author|committer|creator|sender|owner|user)/user_view_type$`), regexp.MustCompile(`^"(public|private)"$`),
		"every user says how it is seen; inlined copies are older than that",
	},
	{
		regexp.MustCompile(`^/repository/(has_discussions|web_commit_signoff_required)$`), regexp.MustCompile(`^(true|false)$`),
		"the repository of the events of teams is an older copy",
	},
}

// wideInt is the field that the GraphQL schema declares Int, of 32 bits, on all kinds of
// things, and that has outgrown it on many: in REST ids are int64.
// https://github.com/obmarg/cynic/issues/711
const wideInt = "databaseId"

// usualAnswers says which answers any operation may give although its description does
// not list them, or lists them without a body, and by which schema they are judged
// ("" for none).
var usualAnswers = map[int]string{
	301: "basic-error",      // the repository was renamed or transferred
	304: "",                 // the caller's ETag still holds
	400: "basic-error",      // the body is no JSON
	401: "basic-error",      // the token has expired
	403: "basic-error",      // a permission is lacking, or a rate limit is reached
	404: "basic-error",      // not there, or not for this token to see
	422: "validation-error", // the body is JSON and makes no sense, as a commit that is not there
	429: "basic-error",      // a rate limit is reached
	500: "",                 // no answer of the API but of what stands before it
	502: "",
	503: "",
	504: "",
}

// rawMedia are the media types that GitHub answers with on request instead of JSON,
// which the description mentions in prose alone.
var rawMedia = []string{"application/vnd.github.raw", "application/vnd.github.diff", "application/vnd.github.patch", "application/vnd.github.sha"}

// apply changes description as a says. It is an error if there is nothing to change,
// so that a row does not outlive the fault it excuses.
func (a amendment) apply(description any) error {
	parent, key, err := locate(description, a.at)
	if err != nil {
		return err
	}
	target, exists := parent[key]
	if a.from != "" {
		fromParent, fromKey, err := locate(description, a.from)
		if err != nil {
			return err
		}
		if exists {
			return fmt.Errorf("add %s: it is described by now", a.at)
		}
		text, err := json.Marshal(fromParent[fromKey])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &target); err != nil {
			return err
		}
	}
	if a.set != "" {
		if !exists {
			return fmt.Errorf("replace %s: not described", a.at)
		}
		var v any
		if err := json.Unmarshal([]byte(a.set), &v); err != nil {
			return fmt.Errorf("replace %s: %w", a.at, err)
		}
		parent[key] = v
		return nil
	}
	var patch map[string]any
	if err := json.Unmarshal([]byte(a.merge), &patch); err != nil {
		return fmt.Errorf("amend %s: %w", a.at, err)
	}
	if o, ok := target.(map[string]any); ok && o["$ref"] != nil {
		target = map[string]any{"allOf": []any{o}} // what stands beside a $ref is not read
	}
	parent[key] = mergePatch(target, patch)
	return nil
}

// locate returns the object in which pointer's last key stands or would stand.
func locate(node any, pointer string) (map[string]any, string, error) {
	keys := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, k := range keys {
		k = strings.NewReplacer("~1", "/", "~0", "~").Replace(k)
		o, ok := node.(map[string]any)
		if !ok {
			break
		}
		if i == len(keys)-1 {
			return o, k, nil
		}
		node = o[k]
	}
	return nil, "", fmt.Errorf("find %s: not described", pointer)
}

func mergePatch(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	for k, v := range p {
		t[k] = mergePatch(t[k], v)
	}
	return t
}
