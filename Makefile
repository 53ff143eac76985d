# `make run` opens a classroom on this machine; `make test` checks everything, what fails fastest first.

# Where the page's protocol types are written (ts-rs), and how it writes integers.
export TS_RS_EXPORT_DIR := $(CURDIR)/target/protocol
export TS_RS_LARGE_INT  := number

# The tests look for the binary here.
export CARGO_TARGET_DIR := $(CURDIR)/target

GENERATED := web-client/src/protocol/generated

.PHONY: help build run test lint bench tools page types protocol rust docs web browser
.DEFAULT_GOAL := help

help:
	@echo 'make run       build all and open a demonstration class; prints three links'
	@echo 'make build     the page and the server: target/release/preau'
	@echo 'make test      everything: lint, Rust, page, browsers, foreign peers; installs what is missing'
	@echo 'make lint      formats, lints and types, Rust and page'
	@echo 'make bench     start-up, memory, weight of the page, click to first picture,'
	@echo '               presence and files of 2,000 people, GAIA files of 60,000 trainees,'
	@echo '               supervision of 3,000 teachers, 5,000 arrivals in a minute,'
	@echo '               and the cost of a forwarded packet against Janus and the floor: tables'
	@echo 'make protocol  regenerate the page'"'"'s protocol types after a change of message'

build: page
	cargo build --release --locked -p server

run: build
	target/release/preau serve --demo

test: tools lint types web docs rust browser

lint: page
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cd web-client && npm run check
	cd tests && ../web-client/node_modules/.bin/biome check .
	tests/setup.sh typos
	tests/setup.sh optional cargo-deny deny --offline check bans licenses sources

bench: build
	tests/setup.sh browsers
	cd tests/browser && npm ci --no-audit --no-fund && TESTS_BINARY=target/release/preau ./isolated.sh node bench.js
	tests/setup.sh janus || echo 'without janus the comparison is left out'
	cargo build --release --locked -p load
	target/release/preau attendance bench
	target/release/preau gaia bench
	target/release/preau-load arrivals --people 5000 --seconds 60
	target/release/preau-load bench

# What each step installs when it is absent.
tools:
	tests/setup.sh compiler browsers peers postgres readers

# The page, built: the server embeds it.
page: web-client/node_modules/.installed
	tests/setup.sh compiler
	cd web-client && npm run build

web-client/node_modules/.installed: web-client/package-lock.json
	cd web-client && npm ci --no-audit --no-fund
	touch $@

types:
	rm -rf target/protocol
	cargo test --locked -q -p signaling export_bindings
	diff -r target/protocol $(GENERATED)

protocol:
	rm -rf target/protocol
	cargo test --locked -q -p signaling export_bindings
	cp target/protocol/*.ts $(GENERATED)/

rust: page
	cargo build --workspace --locked
	tests/setup.sh nextest --workspace --locked
	tests/postgres.sh tests/setup.sh nextest -p server --lib --locked store::
	cargo test --workspace --doc --locked

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

web: page
	cd web-client && npm test && npm run budget

browser: page
	cargo build --workspace --locked
	cd tests/browser && npm ci --no-audit --no-fund && npm test
