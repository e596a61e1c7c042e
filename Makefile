# Everything is in scripts/, so that it works without make, too.
.PHONY: setup run stack test unit check format lock

setup:  ; @scripts/setup
run:    ; @scripts/run
stack:  ; @scripts/stack
test:   ; @scripts/test
unit:   ; @scripts/unit
check:  ; @scripts/check
format: setup ; @.venv/bin/ruff check --fix . ; .venv/bin/ruff format .
lock:   ; @scripts/lock
