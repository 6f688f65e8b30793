// Command prune makes the committed descriptions of GitHub's API from GitHub's own:
// the listed operations and events, what they refer to, and no prose.
//
//	go run ./app/githubsim/contract/prune -from api.github.com.json \
//		-paths testdata/github/rest.txt -to testdata/github/rest.openapi.json
//
// GitHub's own is the file generated/api.github.com.json of the npm package
// @octokit/openapi. It is 13 MB for 811 paths and takes seconds to load, which no
// test run should wait for; testdata/github/README.md says how to get it.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	from := flag.String("from", "", "the description to prune, a JSON `file`")
	paths := flag.String("paths", "", "the `file` that lists what to keep: METHOD /path or event NAME, one a line")
	to := flag.String("to", "", "the `file` to write")
	flag.Parse()
	if err := run(*from, *paths, *to); err != nil {
		fmt.Fprintln(os.Stderr, "prune:", err)
		os.Exit(1)
	}
}

func run(from, paths, to string) error {
	description, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	list, err := os.ReadFile(paths)
	if err != nil {
		return err
	}
	pruned, err := prune(description, lines(list))
	if err != nil {
		return err
	}
	return os.WriteFile(to, pruned, 0o644)
}
