package rules_test

import (
	"slices"
	"testing"

	"github.com/changewarden/changewarden/rules"
)

// Behaviour 64: whatever can change infrastructure is infrastructure, and whatever a pipeline
// executes is security, by the built-in policy.
func TestDefaultClasses(t *testing.T) {
	policy, err := rules.Compose(rules.Default(), nil)
	if err != nil {
		t.Fatal(err)
	}
	classes := func(f rules.File) []string {
		f.Status, f.Counted = "modified", !f.Opaque
		v := rules.Evaluate(policy, rules.Change{
			Repo: rules.Repo{DefaultBranch: "main"}, Base: "main", Head: "b", Pulls: []rules.Pull{{Number: 1, Author: 1, Writer: true}},
			Files: []rules.File{f}, Commits: []rules.Commit{{SHA: "b", Authors: []rules.UserID{1}, Committer: 1}},
		}, noon)
		var out []string
		for _, finding := range v.Findings {
			if finding.Because != nil && finding.Outcome != rules.NotApplicable {
				out = append(out, finding.Rule)
			}
		}
		return out
	}
	const infrastructure, security = "infrastructure needs two approvals", "security review"
	for rule, files := range map[string][]rules.File{
		infrastructure: {
			{Path: "main.tf"},
			{Path: "net/main.tofu"},
			{Path: "prod.tfvars"},
			{Path: "prod.auto.tfvars.json"},
			{Path: "a/main.tf.json"},
			{Path: "a/main.tofu.json"},
			{Path: "terragrunt.hcl"},
			{Path: "live/prod/terragrunt.stack.hcl"},
			{Path: "stacks/a.tfcomponent.hcl"},
			{Path: "a.tfdeploy.hcl"},
			{Path: "q.tfquery.hcl"},
			{Path: "init.tftpl"},
			{Path: "terraform/templates/user-data.sh"},
			{Path: "deploy/terraform/zones.json"},
			{Path: "prod.tfbackend"},
			{Path: "old.tfstate"},
			{Path: ".terraform.lock.hcl"},
			{Path: ".terraform-version"},
			{Path: ".terraformrc"},
			{Path: ".opentofu-version"},
			{Path: ".terragrunt-version"},
			{Path: "atlantis.yaml"},
			{Path: "infra/atlantis.yml"},
			{Path: "digger.yml"},
			{Path: ".spacelift/config.yml"},
			{Path: ".terrateam/config.yml"},
			{Path: "docs/a.md", Previous: "main.tf"},
			{Path: "vendor/net", Opaque: true},
			{Path: "docs/net.md", Target: "net/main.tf"},
		},
		security: {
			{Path: ".github/workflows/ci.yml"},
			{Path: ".github/actions/setup/index.js"},
			{Path: "tools/setup/action.yaml"},
			{Path: "action.yml"},
			{Path: "Dockerfile"},
			{Path: "build/Dockerfile.prod"},
			{Path: "Containerfile"},
			{Path: "Makefile"},
			{Path: "lib/makefile"},
			{Path: "GNUmakefile"},
			{Path: "rules.mk"},
			{Path: "scripts/build"},
			{Path: "ci/scripts/deploy.py"},
			{Path: "install.sh"},
			{Path: "win/run.ps1"},
			{Path: ".husky/pre-commit"},
			{Path: "Jenkinsfile"},
			{Path: ".gitlab-ci.yml"},
			{Path: ".circleci/config.yml"},
			{Path: ".gitattributes"},
			{Path: "docs/.gitattributes"},
			{Path: ".gitmodules"},
			{Path: "vendor/net", Opaque: true},
			{Path: "docs/run", Target: "scripts/build"},
		},
	} {
		for _, f := range files {
			if got := classes(f); !slices.Contains(got, rule) {
				t.Errorf("%+v: rule %q does not apply, only %q", f, rule, got)
			}
		}
	}
	for _, path := range []string{"main.go", "docs/terraform.md", "web/app.js", "README.md"} {
		if got := classes(rules.File{Path: path}); len(got) > 0 {
			t.Errorf("%s: %q apply", path, got)
		}
	}
}
