.PHONY: test
PY := .venv/bin/python
test:
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install -q -U "pip>=25.1"
	$(PY) -m pip install -q --group web --group dev
	$(PY) -m pytest
