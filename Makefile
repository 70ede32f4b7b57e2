# `make help` lists the targets.

# How much to run: smoke (seconds), quick (minutes), main (hours: all steps, for a part of
# the grid; some figures have it), paper (the file as it stands).
PROFILE ?= quick
# Runs at once; default: one per physical core.
JOBS ?=
# Whose gradients the theory is measured on: mnist, fashion-mnist or cifar10-jpeg.
DATASET ?= mnist
# Seeds instead of the experiment file's, such as 1,2.
SEEDS ?=

FIGURES := $(filter-out demo,$(basename $(notdir $(wildcard experiments/*.yaml))))
MAIN := $(basename $(notdir $(shell grep -l '^  main:' experiments/*.yaml)))
THEORY := $(addprefix theory-,kappa lower-bound init heterogeneity empirical-kappa)
REPRO = cargo run --release --locked --quiet --package repro --
SELECTION = --profile $(PROFILE) $(if $(SEEDS),--seeds $(SEEDS))
PARTITION = $(REPRO) partition --dataset mnist --honest 10 --seed 1 --scheme
COMPUTE = $(SELECTION) $(if $(JOBS),--jobs $(JOBS))

.PHONY: demo $(FIGURES) $(THEORY) all pack unpack partitions report format test check crosscheck data bench bench-peers build clean help

demo: ## Figure and table on the embedded digits: no download, no data directory
demo: override PROFILE := paper
demo $(FIGURES): build
	$(REPRO) run experiments/$@.yaml $(COMPUTE)
	$(REPRO) plot experiments/$@.yaml $(SELECTION)
	$(REPRO) table experiments/$@.yaml $(SELECTION)

$(THEORY): build
	$(REPRO) theory $(@:theory-%=%) --profile $(PROFILE) --dataset $(DATASET)

all: $(if $(filter main,$(PROFILE)),$(MAIN),$(FIGURES) $(THEORY)) ## Every figure and table at PROFILE=smoke|quick|main|paper, with JOBS=N, SEEDS=1,2

pack: unpack ## Keeps the runs of PROFILE in experiments/runs, so that another clone can go on from them
	@set -e; mkdir -p experiments/runs; for folder in $(wildcard results/*/$(PROFILE)); do \
		id=$$(basename $$(dirname $$folder)); \
		(cd results; find $$id/$(PROFILE) -name '*.json' | sort) \
			| tar -czf experiments/runs/$$id-$(PROFILE).tar.gz -C results -T -; \
	done

unpack: ## Puts the runs kept in experiments/runs into results, where whatever figure has them finds them
	@set -e; mkdir -p results; for kept in $(wildcard experiments/runs/*.tar.gz); do \
		tar -xzf $$kept -C results; \
	done

partitions: build ## Bubble charts of class against worker: MNIST at α = 0.1, 0.5, 1 and extreme
	@set -e; for format in svg png; do \
		for alpha in 0.1 0.5 1; do \
			$(PARTITION) dirichlet --alpha $$alpha --plot figures/partition-mnist-$$alpha.$$format; \
		done; \
		$(PARTITION) extreme --plot figures/partition-mnist-extreme.$$format; \
	done > /dev/null

report: build ## One page, figures/report.html, with everything computed so far
	$(REPRO) report

# The same property tests every time; another seed explores.
export PROPTEST_RNG_SEED ?= 1

# Not `cargo fmt`: the lists' macros declare modules that it doesn't find.
SOURCES = $(shell find crates -name '*.rs' -not -path '*/target/*')

format: ## Formats all Rust files
	rustfmt --edition 2024 $(SOURCES)

test: ## Format check, clippy and documentation with warnings denied, all tests
	rustfmt --edition 2024 --check $(SOURCES)
	cargo clippy --workspace --all-targets --release --locked -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps --release --locked
	cargo test --workspace --release --locked
	@# What needs a dataset or a right that not everybody has, where it is here.
	@needs=$$($${CARGO_TARGET_DIR:-target}/release/repro data list | awk \
		'!/not there/ { gsub("-", "_", $$1); print "needs::" $$1 "::" }'); \
	folder=$$(mktemp -d); \
	if mount -t tmpfs tmpfs $$folder 2> /dev/null; then \
		umount $$folder; needs="$$needs needs::mount::"; \
	fi; \
	rmdir $$folder; echo "Of the ignored tests, those are run whose needs are met:" $$needs; \
	test -z "$$needs" || cargo test --workspace --release --locked -- --ignored $$needs

check: build ## Recomputes the stored tables of PROFILE and compares
	@set -e; for stored in $(wildcard experiments/expected/*-$(PROFILE).csv); do \
		id=$$(basename $$stored -$(PROFILE).csv); \
		case $$id in theory-*) \
			name=$${id#theory-}; dataset=mnist; \
			case $$name in *-fashion-mnist) name=$${name%-fashion-mnist}; dataset=fashion-mnist;; esac; \
			$(REPRO) theory $$name --dataset $$dataset --profile $(PROFILE) --check; continue;; \
		esac; \
		experiment=experiments/$$id.yaml; \
		$(REPRO) run $$experiment $(COMPUTE); \
		$(REPRO) check $$experiment $(SELECTION); \
	done

data: data-mnist data-fashion-mnist data-cifar10 ## Fetches and verifies all datasets; data-mnist, … one

data-%: build
	$(REPRO) data fetch $*
	$(REPRO) data verify $*

bench: ## Benchmarks alone
	cargo bench --workspace --locked

bench-peers: ## Side by side with ByzFL and ByzPy, in one run
	scripts/bench-peers/run.sh

crosscheck: ## The cells of Figure 1 with ByzFL, the authors' library, beside ours
	scripts/crosscheck/run.sh

build:
	cargo build --release --locked --package repro

clean: ## Removes what cargo built; results stay
	cargo clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14
	@echo 'Figures and tables: $(FIGURES) $(THEORY)'
