# make lesson        makes .venv, installs PyTorch and the packages, runs lesson 03; the result is in out/
# make test          the same for the tests
# make lint          style, docstrings and types
# make notebooks     builds and runs every notebook from notebooks/source, draws figures/
# make report        writes the tables of docs/results/ from the stored runs
# make architecture  draws docs/architecture.md from the imports
# All are safe to repeat: what is installed or extracted already is not done again.

PYTHON ?= python3
VENV   ?= .venv
TORCH  ?= torch==2.13.0
OUT    ?= out
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help lesson test lint notebooks report architecture clean

help:
	@sed -n 's/^# //p' Makefile

lesson: $(VENV)/.lessons
	@mkdir -p $(OUT)
	@echo "== running lesson 03 on Storybook; the result will be $(OUT)/03_train_a3vse.ipynb"
	$(BIN)/papermill notebooks/03_train_a3vse.ipynb $(OUT)/03_train_a3vse.ipynb --cwd $(OUT) \
		-p out_dir "$(abspath $(OUT))/03_train_a3vse"
	@echo "== done: open $(OUT)/03_train_a3vse.ipynb; figures and results.json are in $(OUT)/03_train_a3vse"

test: $(VENV)/.test
	@echo "== running the tests"
	$(BIN)/python -m pytest

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

notebooks: $(VENV)/.test
	@echo "== building and running the notebooks"
	$(BIN)/python notebooks/build.py

report: $(VENV)/.lessons
	$(BIN)/vse-lessons report --to docs/results

architecture: $(VENV)/.test
	$(BIN)/python tests/helpers/floors.py

# On Linux the default PyTorch brings gigabytes of CUDA; without an NVIDIA card take the CPU build.
$(VENV)/.torch:
	@echo "== making a virtual environment in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	@echo "== installing PyTorch ($(TORCH))"
	@if [ "$$(uname)" = Linux ] && ! command -v nvidia-smi > /dev/null; then \
		$(PIP) --retries 0 --timeout 10 --index-url https://download.pytorch.org/whl/cpu "$(TORCH)" 2> /dev/null \
		|| $(PIP) "$(TORCH)"; \
	else $(PIP) "$(TORCH)"; fi
	@touch $@

$(VENV)/.lessons: $(VENV)/.torch pyproject.toml
	@echo "== installing vse_lessons and what the notebooks need"
	$(PIP) -e ".[lessons]"
	@touch $@

$(VENV)/.test: $(VENV)/.torch pyproject.toml
	@echo "== installing vse_lessons and what the tests need"
	$(PIP) -e ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) $(OUT)
