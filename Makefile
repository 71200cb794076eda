# Every target is one command that a person could type; see CONTRIBUTING.md.
.PHONY: test demo bench eval fuzz torture python node
DIR ?=
OUT ?= demo-out
AREA ?= all
STEPS ?=
SECONDS ?= 10

test:
	@python3 .ci/test.py $(STEPS)

demo:
	@cargo run --quiet --release -p sting-cli --bin sting -- demo --out "$(OUT)" $(if $(DIR),--dir "$(DIR)")

bench:
	@python3 benches/peers/run.py --area $(AREA)

eval:
	@python3 benches/peers/eval.py $(AREA)

# Kills, failing disks and damage for as long as it takes: 1,000 kills at random moments, every named point, and
# more than 10,000 flipped bytes. The tests have a short form of each.
torture:
	@STING_KILLS=1000 STING_TORTURE=6 cargo test -p sting-vector --test it -- --nocapture crash:: torture:: damage::

fuzz:
	@FUZZ_SEED=0 bash fuzz/smoke.sh $(SECONDS)
