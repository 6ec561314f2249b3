# Two commands for a newcomer: `make demo` and `make test`. Both install what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEB_NEEDS := dpkg-dev debhelper dh-python pkgconf pybuild-plugin-pyproject python3-all python3-pyinotify python3-requests \
	python3-sdnotify python3-setuptools python3-structlog python3-tomli
PACKAGING_TEST_NEEDS := $(DEB_NEEDS) cpio fish lintian man-db mandoc nginx-light rpm rpmlint zsh

.PHONY: help demo test lab lab-needs check bench deb rpm clean

help:
	@echo "make demo   set up, then ship three real crashes into ./demo/outbox and show one"
	@echo "make test   set up, then lint, type check and run every test"
	@echo "make lab    set up, then crash real guests in every way that the lab knows (minutes each)"
	@echo "make bench  measure against peers, as ratios"
	@echo "make deb    build dist/kdump-agent_*.deb (on Debian or Ubuntu)"
	@echo "make rpm    build dist/kdump-agent-*.noarch.rpm"

demo: $(VENV)/ready
	@packaging/prepare zstd makedumpfile
	@rm -rf demo && mkdir -p demo/crash && cp -a tests/data/crash/. demo/crash/
	@printf '[agent]\ncrash_dir = "%s/demo/crash"\nstate_dir = "%s/demo/state"\n[endpoint]\nurl = "file://%s/demo/outbox"\n' \
		"$(CURDIR)" "$(CURDIR)" "$(CURDIR)" > demo/config.toml
	$(BIN)/kdump-agent --config demo/config.toml run --once
	$(BIN)/kdump-agent --config demo/config.toml list
	$(BIN)/kdump-agent --config demo/config.toml show last
	@echo; find demo/outbox -type f | sort

test: $(VENV)/ready-to-test
	@packaging/prepare zstd makedumpfile nodejs npm openssl systemd systemd-container mmdebstrap crash python3-drgn \
		e2fsprogs xfsprogs
	@packaging/prepare $(PACKAGING_TEST_NEEDS)
	@packaging/promtool $(BIN)
	@$(MAKE) --silent lab-needs
	$(MAKE) check
	$(BIN)/python -m pytest -q -n 4 --dist worksteal -m "not (lab and slow)"
	packaging/test-pythons

lab:
	tests/lab/run

lab-needs: $(VENV)/ready-to-test
	@packaging/prepare qemu-system-x86 mmdebstrap e2fsprogs nodejs npm openssl zstd

check: $(VENV)/ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/ready-to-test
	@for each in benchmarks/*.py; do $(BIN)/python $$each || exit 1; done

deb:
	@packaging/prepare $(DEB_NEEDS)
	@packaging/build-deb

rpm: $(VENV)/ready
	@command -v rpmbuild >/dev/null || packaging/prepare rpm
	@packaging/build-rpm $(BIN)/pip

clean:
	rm -rf $(VENV) demo build dist *.egg-info

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -e .
	@touch $@

$(VENV)/ready-to-test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -e '.[test]'
	@touch $@ $(VENV)/ready
