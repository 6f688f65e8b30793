# Run "make" to see what there is. Nothing here needs more than Go, make and a C compiler
# (the last for the race detector alone); tools are built, pinned, into .tools.

GOLANGCI_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.1.4
GREMLINS_VERSION := v0.6.0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
FUZZTIME ?= 20s
HISTORIES ?= 10000
SEED ?= 1
DURATION ?= 10m
KILLS ?= 200
TOOLS := $(CURDIR)/.tools
GOLANGCI := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
GREMLINS := $(TOOLS)/gremlins-$(GREMLINS_VERSION)

# The product is built without cgo, and so it is tested.
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build demo test test-postgres race bench load fuzz model chaos kills mutation cover check lint lint-imports fmt vet tidy tidy-check vuln ci docker chroot clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/changewarden, static
	go build -trimpath -ldflags '-s -w -X main.release=$(VERSION)' -o bin/changewarden ./cmd/changewarden

demo: ## run the server against a simulated GitHub, with a page for each change
	go run ./cmd/changewarden demo

test: ## run all tests; what they need and is missing is installed
	@.ci/browser
	@.ci/postgres
	go test -timeout 20m ./...

test-postgres: ## run every scenario page on PostgreSQL, with two replicas
	@.ci/postgres
	go test -timeout 30m -run OnPostgreSQL ./app -every-page

# What is left out here runs without the detector in "test": the same pages on PostgreSQL, and
# the histories that it makes many times slower. Of the pages it sees those about events and time.
race: ## run the tests under the race detector
	@.ci/postgres
	CGO_ENABLED=1 go test -race -timeout 20m -skip 'TestScenarios|TestRandom|TestHistories|TestKilled|TestChaos|TestReplica|TestDatabase' ./...
	CGO_ENABLED=1 go test -race -timeout 20m -run 'TestScenarios$$/^(1[5-9]|2[3-9]|3[1-7]|59|80)' ./app

bench: ## run the benchmarks, one package at a time; docs/benchmarks.md has what they said
	go test -p 1 -run '^$$' -bench . -benchmem ./...

load: ## drive a server as a large installation does, and print how it bears it (ten minutes)
	@go build -trimpath -o bin/load ./cmd/load
	@bin/load $(LOAD)
	@.ci/postgres
	go test ./cmd/load -run '^TestReplicas$$' -v -timeout 0 -rate 500 -heads 50 -stream 1m

fuzz: ## look further with each fuzz target, FUZZTIME (20s) each
	@.ci/fuzz $(FUZZTIME)

model: ## play HISTORIES (10000) random histories of each kind against a server in process, from SEED (1) on
	go test ./app -run '^TestRandom(Production)?Histories$$' -timeout 0 -histories $(HISTORIES) -productions $(HISTORIES) -seed $(SEED)

mutation: $(GREMLINS) ## look for changes of rules that no test notices; FILES="a.go b.go", or hours
	@.ci/mutation $(GREMLINS) $(FILES)

chaos: ## break everything around a server for DURATION (10m), with histories from SEED (1) on, and audit it
	@.ci/postgres
	go test ./cmd/changewarden -run '^TestChaos$$' -timeout 0 -v -chaos $(DURATION) -chaos.seed $(SEED)

kills: ## play KILLS (200) histories with kill -9 on each database, from SEED (1) on
	@.ci/postgres
	go test ./cmd/changewarden -run '^TestKilled$$' -timeout 0 -v -chaos.kills $(KILLS) -chaos.seed $(SEED)

cover: ## run the tests and print what they cover
	go test -coverpkg=./... -coverprofile=cover.out ./...
	@go tool cover -func=cover.out | tail -n 1

check: tidy-check vet lint lint-imports ## everything that is checked without running a test

lint: $(GOLANGCI) ## run the linters
	$(GOLANGCI) run --allow-parallel-runners ./... ./.ci/imports

lint-imports: $(GOLANGCI) ## show that each import rule bites
	GOLANGCI_LINT=$(GOLANGCI) go test ./.ci/imports

fmt: $(GOLANGCI) ## format the code
	$(GOLANGCI) fmt

vet: ## run gofmt and go vet
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted (make fmt):" $$files; exit 1; fi
	go vet ./... ./.ci/imports

tidy: ## tidy go.mod
	go mod tidy

tidy-check: ## fail if go.mod is not tidy
	go mod tidy -diff

vuln: ## look for known vulnerabilities (asks vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./...

ci: ## what has to pass before a change lands
	.ci/run

docker: ## build the image
	docker build --build-arg VERSION=$(VERSION) -t changewarden .

chroot: build ## show that the binary runs alone, as nobody, on a read-only file system (root)
	.ci/chroot bin/changewarden

clean: ## remove what was built
	rm -rf bin .tools cover.out mutation.json

$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION) into .tools"
	@GOBIN=$(TOOLS) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(TOOLS)/golangci-lint $@

$(GREMLINS):
	@echo "building gremlins $(GREMLINS_VERSION) into .tools"
	@GOBIN=$(TOOLS) GOFLAGS= go install github.com/go-gremlins/gremlins/cmd/gremlins@$(GREMLINS_VERSION)
	@mv $(TOOLS)/gremlins $@
