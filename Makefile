# Every target is one command that a person could type; see CONTRIBUTING.md.
.PHONY: test demo bench eval fuzz python node
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

fuzz:
	@FUZZ_SEED=0 bash fuzz/smoke.sh $(SECONDS)
