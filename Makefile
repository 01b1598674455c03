# Each of these is also one plain command, for Windows: `python dev.py run`.
# PORT and SIMULATOR_PORT reach it through the environment, into which make puts whatever is given to make.

PYTHON ?= python3

.PHONY: help run test check load chaos setup

help:
	@echo 'make run     start the shop and the simulator: PORT=8000 SIMULATOR_PORT=8001'
	@echo 'make test    run all tests; some of them: ARGS="-k konbini"'
	@echo 'make check   check style, types and who imports whom'
	@echo 'make load    measure two hundred buyers at once, while Epsilon is slow'
	@echo 'make chaos   break everything at once and compare the books: ARGS="--purchases 200 --seed 2"'
	@echo 'make setup   make .venv and install into it, as all of these do by themselves'
	@echo 'Each takes PYTHON=python3.12, where python3 is older than 3.11.'

run test check load chaos setup:
	@$(PYTHON) dev.py $@ $(ARGS)
