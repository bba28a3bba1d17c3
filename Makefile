# Everything here needs Go and git only, unless the target says otherwise.
GO      ?= go
PKGS    := ./...
# Programs under testdata are not part of ./..., so they are named.
TOOLS   := ./testdata/lab/... ./testdata/bench/...
# Where goroutines are, and what they run; the other decoders are called by those.
RACED   := ./analyzers/... ./report/... ./decoders/capture/...
# Of the command's scripts, those with many inputs, many outputs, or an end in the middle.
RACEDRUN := 'TestScript/(analyze|checkinterrupt|formats|inputs|interrupt|output|series)$$'
FUZZTIME ?= 10s
# Tests do without the compiler's profile: with it, all that the command needs would be built twice.
TEST    := $(GO) test -pgo=off
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

export CGO_ENABLED ?= 0

.PHONY: build test race lint fuzz-smoke bench profile update check self-check test-peers lab lab-gsmmap lab-check

build: ## one static binary, ./pcaptriage
	$(GO) build -trimpath -o pcaptriage ./cmd/pcaptriage

test: ## all tests, the goldens included
	$(TEST) $(PKGS)

race: ## the engine and all that it runs under the race detector; needs a C compiler
	CGO_ENABLED=1 $(TEST) -race -short $(RACED)
	CGO_ENABLED=1 $(TEST) -race -short -run $(RACEDRUN) ./cmd/pcaptriage

lint: ## formatting, vet, staticcheck
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not gofmt clean:"; echo "$$bad"; exit 1; fi
	$(GO) vet $(PKGS) $(TOOLS)
	$(GO) run $(STATICCHECK) $(PKGS) $(TOOLS)

fuzz-smoke: ## each fuzz target for FUZZTIME
	@for pkg in $$($(GO) list $(PKGS)); do \
	  for target in $$($(TEST) -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; \
	    $(TEST) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
	  done; \
	done

update: ## rewrite the machine-made goldens; never the hand-written .want files
	$(TEST) $$($(GO) list -f '{{range .XTestImports}}{{if eq . "pcaptriage/analyzers/analyzertest"}}{{$$.ImportPath}}{{end}}{{end}}' ./analyzers/...) -run TestCaptures -update
	$(TEST) ./report -update
	$(TEST) ./cmd/pcaptriage -run TestGolden -update

check: lint test self-check ## what a change has to pass

self-check: ## pcaptriage check on captures of its own: goldens, and budgets
	$(GO) run ./cmd/pcaptriage check --quiet --golden .golden.json --budget testdata/budgets/all.yaml --budget testdata/budgets/captures.yaml testdata/pcaps

test-peers: ## compare facts with tshark and capinfos; needs them installed
	PCAPTRIAGE_PEERS=1 $(TEST) -run Peers -count=1 -v $(PKGS)

bench: ## compare with peers on a capture of 4 million packets, made on first use (4 GB in .cache)
	$(GO) run ./testdata/bench/traffic
	$(GO) run ./testdata/bench/traffic --synflood
	$(GO) run ./testdata/bench/peers --tenfold --flood

profile: ## note again for the compiler where the time goes (cmd/pcaptriage/default.pgo), on the bench's capture
	$(GO) run ./testdata/bench/traffic
	$(GO) run ./testdata/bench/profile

# LAB selects scenarios: make lab LAB='connect/dropped keepalive'. Times and
# ports change with every run, so look at .want files and goldens afterwards.
lab: ## make the golden captures again: needs root, iproute2 ethtool iptables tcpdump openssh openssl curl nginx
	$(GO) run ./testdata/lab -out testdata/pcaps $(LAB)

lab-gsmmap: ## make the golden captures of gsmmap again: needs python3 with pycrate (PYTHONPATH) and scapy
	python3 testdata/lab/gsmmap.py testdata/pcaps $(LAB)

lab-check: ## the same into a throw-away directory: do the scenarios still show what they say, do the same rules speak?
	$(TEST) ./testdata/lab -count=1
	d=$$(mktemp -d) && { $(GO) run ./testdata/lab -out $$d $(LAB) && PCAPTRIAGE_LAB=$$d $(TEST) ./analyzers/... -run LabCheck -count=1; r=$$?; rm -rf $$d; exit $$r; }
