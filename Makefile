# `make run` and `make test` set up everything they need, in .venv and .asv.
#   make run RANGE=v0.29.0..v0.31.1 BENCH=MatMul COUNT=4 AGAIN=1
PYTHON ?= python3
RANGE ?= v0.5.0..HEAD
BENCH ?= @tour:mlx_gpu|mlx_cpu|mps|cuda|cpu
COUNT ?= 6
BUDGET ?= 150m
LONGEST ?= 0.3s
BIN := .venv/bin
# What is installed first belongs to the time that `make run` takes.
BEGUN := $(shell date +%s)

.PHONY: run preview test browser record bench bench-site reference clean

run: .venv/installed
	$(BIN)/mlx-asv tour '$(RANGE)' -b '$(BENCH)' --count $(COUNT) --begun $(BEGUN) \
	  $(if $(AGAIN),--again) $(ARGS)

preview: .venv/installed
	$(BIN)/asv preview

test: .venv/installed-test browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses logical --dist loadfile $(ARGS)

# Pages are tested in Chromium or Chrome: installed if there is none and apt may, else a sentence.
browser: .venv/installed-test
	@$(BIN)/python -m tests.browser

# What the sweep is worth on this machine, beside asv: about half an hour.
bench: .venv/installed
	$(BIN)/python -m mlx_asv.bench $(ARGS)

# What our pages add to `asv publish`, and how heavy and quick they are.
bench-site: .venv/installed-test
	$(BIN)/python -m mlx_asv.bench.site $(ARGS)

# Every release on every case whose call is short enough, with the controls; hours. It resumes.
# Compiling changes nothing on the CPU but where several operations fuse: the losses.
reference: .venv/installed
	$(BIN)/mlx-asv sweep 'v0.20.0..' --budget $(BUDGET) --longest $(LONGEST) \
	  -b "'(mlx_cpu|cpu|numpy)'" -b "losses.*'mlx_cpu_compile'" $(ARGS)

# After adding a case, or raising an operation's version: write down what is now published.
record: .venv/installed-test
	$(BIN)/python -m tests.benchmarks.published $(ARGS)

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mlx-asv needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

clean:
	rm -rf .venv .asv html/_build
