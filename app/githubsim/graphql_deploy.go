package githubsim

import (
	"slices"
	"strings"
)

// deployments are those of a repository, the newest first where the query asks so.
func (o repoObject) deployments(args arguments) (any, error) {
	if err := o.permit("deployments"); err != nil {
		return nil, err
	}
	all := slices.Clone(o.r.deployments)
	if names, ok := args.words("environments"); ok {
		all = slices.DeleteFunc(all, func(d *deployment) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, d.env) })
		})
	}
	if by := args.object("orderBy"); by.text("direction") == "DESC" && by.text("field") == "CREATED_AT" {
		slices.Reverse(all)
	}
	return paged(args, "deployments", all, func(d *deployment) object { return deploymentObject{o.execution, d} })
}

// deploymentObject is Deployment.
type deploymentObject struct {
	*execution
	d *deployment
}

func (o deploymentObject) typename() string { return "Deployment" }

func (o deploymentObject) field(name string, args arguments) (any, error) {
	d := o.d
	switch name {
	case "databaseId":
		return d.id, nil
	case "id":
		return nodeID("DE", d.id), nil
	case "environment", "latestEnvironment", "originalEnvironment":
		return d.env, nil
	case "commitOid":
		return d.sha, nil
	case "commit":
		return commitObject{o.execution, d.repo, d.repo.objects.commits[d.sha]}, nil
	case "createdAt", "updatedAt":
		return d.created, nil
	case "task":
		return "deploy", nil
	case "creator":
		return accountObject{o.execution, d.creator}, nil
	case "repository":
		return repoObject{o.execution, d.repo}, nil
	case "statuses":
		all := slices.Clone(d.statuses)
		slices.Reverse(all)
		return paged(args, name, all, func(st *deploymentStatus) object { return deploymentStatusObject{o.execution, d, st} })
	}
	return nil, errUnmodelled
}

// deploymentStatusObject is DeploymentStatus.
type deploymentStatusObject struct {
	*execution
	d  *deployment
	st *deploymentStatus
}

func (o deploymentStatusObject) typename() string { return "DeploymentStatus" }

func (o deploymentStatusObject) field(name string, _ arguments) (any, error) {
	switch name {
	case "id":
		return nodeID("DES", o.st.id), nil
	case "state":
		return upper(o.st.state), nil
	case "createdAt", "updatedAt":
		return o.st.created, nil
	case "creator":
		return accountObject{o.execution, o.st.creator}, nil
	case "logUrl":
		return orNil(o.st.log), nil
	case "deployment":
		return deploymentObject{o.execution, o.d}, nil
	}
	return nil, errUnmodelled
}
