# kubectl-etcd_backup: build, checks, tests, demo.  One makefile, not recursive.
#
#   make          build/kubectl-etcd_backup
#   make deps     install build packages by name (root, or sudo)
#   make check    formatting, warnings, analysers, include rule
#   make test     everything: unit, sshd, etcd, kind (installs what it needs, says so first)
#   make fuzz     every fuzzer for FUZZ_SECONDS (60), as many at a time as there are processors; what crashes is kept in build/fuzz
#   make coverage which lines of the parts that change nodes the unit tests and the fault matrices run
#   make demo     a real cluster, a snapshot, a disaster, a restore
#   make drill    SNAPSHOT=...: that snapshot restored into a kind cluster made from its recipe
#   make faults   kill -9, pauses, reboots and cut networks in the middle of real runs (two hours)
#   make bench    restore and save against what one would do by hand; peak memory of save

SHELL   := /bin/bash
CC      ?= gcc
BUILD   ?= build

PKGS     := libssh2 libuv libcurl jansson yaml-0.1 libcrypto libzstd zlib expat
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wcast-qual \
            -Wno-variadic-macros
HARDEN   := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CPPFLAGS += -D_GNU_SOURCE -Iorchestrator -I.
CFLAGS   ?= -O2 -g
LDHARD   := -pie -Wl,-z,relro,-z,now

LIB_SRC    := $(filter-out orchestrator/node/node_dir.c,$(wildcard orchestrator/*/*.c))
PLUGIN_SRC := $(wildcard plugin/*.c)
TEST_SRC   := $(wildcard orchestrator/*/test/test_*.c plugin/test/test_*.c)
E2E_SRC    := $(wildcard e2e/sshd/test_*.c e2e/s3/test_*.c) e2e/age/age_tool.c e2e/report/make_report.c
PLAY_TESTS := $(wildcard orchestrator/play/test/test_*.c)
FAKES      := $(filter-out $(PLAY_TESTS),$(wildcard orchestrator/play/test/*.c))
FAKE_TIME  := $(foreach f,now_ms deadline_in ms_until now_unix look_pause fleet_each journal_add _exit,-Wl,--wrap=$(f))
PLAYBOOKS  := $(wildcard playbooks/*.yaml)

PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(shell pkg-config --libs $(PKGS))

comma := ,
# One set of objects a flavour: plain, and with sanitizers for the tests.
SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
SAN_tsan := -fsanitize=thread -fno-omit-frame-pointer -O1

.PHONY: all coverage deps deps-test check check-format check-layers check-warnings check-cppcheck check-tidy \
        check-shell test test-unit faults fuzz demo drill bench clean format
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/kubectl-etcd_backup

$(BUILD)/gen/playbooks.c: $(PLAYBOOKS) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "play/playbook.h"'; \
	   for f in $(PLAYBOOKS); do n=$$(basename $$f .yaml | tr - _); \
	     echo "static const char text_$$n[] = {"; od -An -v -tx1 $$f | sed 's/ \(..\)/0x\1,/g'; echo '0};'; done; \
	   echo 'const struct playbook_text playbook_texts[] = {'; \
	   for f in $(PLAYBOOKS); do n=$$(basename $$f .yaml); \
	     echo "{ \"$$n\", text_$$(echo $$n | tr - _), sizeof(text_$$(echo $$n | tr - _)) - 1 },"; done; \
	   echo '{ 0, 0, 0 } };'; } > $@

define flavour
$(BUILD)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(CC) -std=gnu17 $$(CPPFLAGS) $$(PKG_CFLAGS) $$(WARN) $$(CFLAGS) $(2) -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/gen/playbooks.o: $(BUILD)/gen/playbooks.c
	@mkdir -p $$(@D)
	$$(CC) -std=gnu17 $$(CPPFLAGS) $$(PKG_CFLAGS) $$(CFLAGS) $(2) -c -o $$@ $$<

$(BUILD)/$(1)/lib.a: $(LIB_SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/gen/playbooks.o
	@rm -f $$@
	ar rcs $$@ $$^

$(BUILD)/$(1)/plugin.a: $(patsubst %.c,$(BUILD)/$(1)/%.o,$(filter-out plugin/main.c,$(PLUGIN_SRC)))
	@rm -f $$@
	ar rcs $$@ $$^

$(patsubst %.c,$(BUILD)/$(1)/test/%,$(filter-out $(PLAY_TESTS),$(TEST_SRC) $(E2E_SRC))): $(BUILD)/$(1)/test/%: \
		$(BUILD)/$(1)/%.o $(BUILD)/$(1)/orchestrator/node/node_dir.o $(BUILD)/$(1)/plugin.a $(BUILD)/$(1)/lib.a
	@mkdir -p $$(@D)
	$$(CC) $(2) -o $$@ $$^ $(BUILD)/$(1)/lib.a $$(PKG_LIBS) -lpthread

# Plays run on fake nodes: fake_etcd.c stands in for etcd_api.c, etcd_member.c and apiserver.c, fake_clock.c for time, fake_journal.c for the journal's disk.
$(patsubst %.c,$(BUILD)/$(1)/test/%,$(PLAY_TESTS)): $(BUILD)/$(1)/test/%: \
		$(BUILD)/$(1)/%.o $(FAKES:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/orchestrator/node/node_dir.o $(BUILD)/$(1)/lib.a
	@mkdir -p $$(@D)
	$$(CC) $(2) $(FAKE_TIME) -o $$@ $$^ $$(PKG_LIBS) -lpthread
endef
$(eval $(call flavour,plain,$(HARDEN)))
$(eval $(call flavour,asan,$(SAN_asan)))
$(eval $(call flavour,tsan,$(SAN_tsan)))
$(eval $(call flavour,cov,--coverage -fprofile-update=atomic -O0 -Wl$(comma)-u$(comma)__gcov_dump))

$(BUILD)/kubectl-etcd_backup: $(BUILD)/plain/plugin/main.o $(BUILD)/plain/plugin.a $(BUILD)/plain/lib.a
	$(CC) $(LDHARD) -o $@ $^ $(BUILD)/plain/lib.a $(PKG_LIBS) -lpthread

# The same program with ASan and UBSan, for the end-to-end tests.
$(BUILD)/asan/kubectl-etcd_backup: $(BUILD)/asan/plugin/main.o $(BUILD)/asan/plugin.a $(BUILD)/asan/lib.a
	$(CC) $(SAN_asan) -o $@ $^ $(BUILD)/asan/lib.a $(PKG_LIBS) -lpthread

# --- install what is needed, by name

DEB_BUILD := gcc make pkg-config libssh2-1-dev libuv1-dev libcurl4-openssl-dev libjansson-dev \
             libyaml-dev libssl-dev libzstd-dev zlib1g-dev libexpat1-dev libc6-dev
DEB_CHECK := clang clang-format clang-tidy cppcheck shellcheck
DEB_TEST  := libclang-rt-14-dev openssh-server openssh-client openssl jq python3 curl procps git age zstd \
             tar python3-jsonschema chromium systemd
SUDO      := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# installs those of a list that are missing; says so first
define install
	@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "installing:" $$missing; \
		$(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

deps:
	$(call install,$(DEB_BUILD))

deps-test: deps
	$(call install,$(DEB_CHECK) $(DEB_TEST))

# --- checks

C_FILES := $(wildcard orchestrator/*/*.[ch] orchestrator/*/*/*.[ch] plugin/*.[ch] plugin/*/*.[ch] e2e/*/*.[ch])
SCRIPTS := .ci/run $(shell grep -lE '^\#!/bin/(ba)?sh' $(wildcard kind/* e2e/* e2e/*/*) 2>/dev/null)

check: check-format check-layers check-warnings check-cppcheck check-tidy check-shell

check-format:
	clang-format --dry-run -Werror $(C_FILES)

check-layers:
	e2e/check-layers

# Both compilers, warnings are errors; nothing is kept.
check-warnings:
	@warn() { local bad=0 f; for f in $(filter %.c,$(C_FILES)); do \
		$$1 -std=gnu17 -fsyntax-only -O1 -Werror $(WARN) $(CPPFLAGS) $(PKG_CFLAGS) $$f || bad=1; done; return $$bad; }; \
	warn gcc & gcc=$$!; warn clang; clang=$$?; wait $$gcc && [ $$clang = 0 ]

check-cppcheck:
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j 2 --enable=warning,portability \
		--suppress=missingIncludeSystem --suppress=varFuncNullUB -D_GNU_SOURCE -Iorchestrator -I. orchestrator plugin

# err_set() returns -1, which the analyser cannot see: what it says of values that are unset after it is noise
TIDY := clang-analyzer-core.*,-clang-analyzer-core.CallAndMessage,-clang-analyzer-core.uninitialized.*,-clang-analyzer-core.UndefinedBinaryOperatorResult,clang-analyzer-unix.*,clang-analyzer-deadcode.*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition,-bugprone-implicit-widening-of-multiplication-result,-bugprone-branch-clone,-bugprone-suspicious-missing-comma,-bugprone-not-null-terminated-result
check-tidy:
	@mkdir -p $(BUILD)
	@printf '%s\n' $(LIB_SRC) $(PLUGIN_SRC) | xargs -P 2 -n 8 sh -c \
		'clang-tidy --quiet --warnings-as-errors="*" --checks="-*,$(TIDY)" "$$@" -- -std=gnu17 $(CPPFLAGS) $(PKG_CFLAGS)' tidy \
		> $(BUILD)/tidy.log 2>/dev/null || { cat $(BUILD)/tidy.log; exit 1; }

check-shell:
	shellcheck -x $(SCRIPTS)

# --- tests

CACHE     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kubectl-etcd-backup

UNIT_ASAN := $(TEST_SRC:%.c=$(BUILD)/asan/test/%)
TSAN_UNIT := $(patsubst %,$(BUILD)/tsan/test/orchestrator/%,play/test/test_play snapshot/test/test_relay snapshot/test/test_seal)
TSAN      := $(TSAN_UNIT) $(BUILD)/tsan/test/e2e/sshd/test_ssh \
             $(BUILD)/tsan/test/e2e/s3/test_store_s3
FUZZERS   := $(patsubst %.c,$(BUILD)/fuzz/%,$(wildcard orchestrator/*/fuzz/fuzz_*.c plugin/fuzz/fuzz_*.c))
fuzz: FUZZ_SECONDS ?= 60
FUZZ_SECONDS ?= 5

SAN_fuzz := -fsanitize=address,undefined -g -O1
$(BUILD)/fuzz-obj/%.o: %.c
	@mkdir -p $(@D)
	clang -std=gnu17 $(CPPFLAGS) $(PKG_CFLAGS) $(SAN_fuzz) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz-obj/gen/playbooks.o: $(BUILD)/gen/playbooks.c
	@mkdir -p $(@D)
	clang -std=gnu17 $(CPPFLAGS) $(SAN_fuzz) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzz-obj/lib.a: $(patsubst %.c,$(BUILD)/fuzz-obj/%.o,$(LIB_SRC) $(filter-out plugin/main.c,$(PLUGIN_SRC))) \
		$(BUILD)/fuzz-obj/gen/playbooks.o
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/fuzz/%: $(BUILD)/fuzz-obj/%.o $(BUILD)/fuzz-obj/lib.a
	@mkdir -p $(@D)
	clang $(SAN_fuzz) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lpthread

export ASAN_OPTIONS = detect_leaks=1:abort_on_error=0
export LSAN_OPTIONS = suppressions=$(CURDIR)/e2e/lsan.supp:print_suppressions=0

test: deps-test
	@mkdir -p $(BUILD)
	@$(MAKE) --no-print-directory -j2 $(BUILD)/kubectl-etcd_backup $(BUILD)/asan/kubectl-etcd_backup $(UNIT_ASAN) \
		$(E2E_SRC:%.c=$(BUILD)/asan/test/%) $(TSAN) $(FUZZERS) > $(BUILD)/build.log 2>&1 || { tail -n 40 $(BUILD)/build.log; exit 1; }
	@e2e/run-tests check e2e/as-test $(MAKE) --no-print-directory check \
		$(foreach t,$(UNIT_ASAN),-- $(t:$(BUILD)/asan/test/%=%) $(t)) \
		$(foreach t,$(TSAN_UNIT),-- $(notdir $(t))-tsan $(t)) \
		$(foreach f,$(FUZZERS),-- $(notdir $(f)) e2e/as-test $(f) -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -verbosity=0) \
		-- sshd e2e/sshd/run $(BUILD)/asan/test/e2e/sshd/test_ssh $(BUILD)/asan/test/e2e/sshd/test_store_sftp \
			$(BUILD)/tsan/test/e2e/sshd/test_ssh \
		-- hardening e2e/hardening $(BUILD)/kubectl-etcd_backup \
		-- recipe e2e/recipe/run $(BUILD)/asan/test/orchestrator/snapshot/test/test_recipe \
		-- list e2e/list/run $(BUILD)/asan/kubectl-etcd_backup \
		-- report e2e/report/run $(BUILD)/asan/test/e2e/report/make_report $(BUILD)/asan/kubectl-etcd_backup $(BUILD)/report \
		-- age e2e/age/run $(BUILD)/asan/test/e2e/age/age_tool \
		-- s3 e2e/s3/run $(BUILD)/asan/test/e2e/s3/test_store_s3 $(BUILD)/tsan/test/e2e/s3/test_store_s3 \
		-- cluster e2e/as-test kind/up \
		-- kubeconfig e2e/kubeconfig/run $(CACHE)/run/kubectl \
		-- etcd e2e/etcd/run $(CACHE)/etcd-3.5.16 $(CACHE)/etcd-3.4.23 \
		-- after e2e/after/run $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 $(CACHE)/etcd-3.4.23 \
		-- mishap e2e/mishap/run $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 \
		-- s3-commands e2e/s3/commands $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 \
		-- inspect e2e/inspect/run $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 \
		-- drill e2e/drill/run $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 $(CACHE)/etcd-3.4.23 \
		-- diff e2e/diff/run $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 \
		-- kind e2e/kind/run $(BUILD)/asan/kubectl-etcd_backup \
		-- drill-nodes e2e/drill-nodes/run $(BUILD)/asan/kubectl-etcd_backup \
		-- browse-docs e2e/browse/docs $(BUILD)/asan/kubectl-etcd_backup \
		-- drill-one e2e/drill-nodes/one $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 \
		-- drill-unified e2e/drill-nodes/unified $(BUILD)/asan/kubectl-etcd_backup $(CACHE)/etcd-3.5.16 \
		-- faults e2e/faults/run $(BUILD)/asan/kubectl-etcd_backup \
		-- rejoin e2e/rejoin/run $(BUILD)/asan/kubectl-etcd_backup

test-unit:
	@mkdir -p $(BUILD)
	@$(MAKE) --no-print-directory -j2 $(UNIT_ASAN) > $(BUILD)/build.log 2>&1 || { tail -n 40 $(BUILD)/build.log; exit 1; }
	@e2e/run-tests $(foreach t,$(UNIT_ASAN),-- $(t:$(BUILD)/asan/test/%=%) $(t))

# of what changes nodes: the player, its journal and verbs, and what they read of manifests and members
COVERED     := $(sort $(wildcard orchestrator/play/play.c orchestrator/play/play_step.c orchestrator/play/journal*.c orchestrator/play/verb*.c \
               orchestrator/etcd/static_pod*.c orchestrator/etcd/cluster*.c))
COVER_TESTS := $(patsubst %.c,$(BUILD)/cov/test/%,$(wildcard orchestrator/play/test/test_*.c orchestrator/etcd/test/test_static_pod*.c \
               orchestrator/etcd/test/test_cluster*.c))
coverage: deps
	@mkdir -p $(BUILD)
	@$(MAKE) --no-print-directory -j2 $(COVER_TESTS) > $(BUILD)/build.log 2>&1 || { tail -n 40 $(BUILD)/build.log; exit 1; }
	@e2e/coverage $(BUILD) $(COVERED) -- $(COVER_TESTS)

# every fault in the middle of a real restore and of a real rejoin, and etcd 3.4: about two hours
faults: deps all
	$(call install,jq curl procps)
	e2e/faults/run $(BUILD)/kubectl-etcd_backup all
	e2e/rejoin/run $(BUILD)/kubectl-etcd_backup all
	e2e/after/kind $(BUILD)/kubectl-etcd_backup
	e2e/old-etcd/run $(BUILD)/kubectl-etcd_backup

fuzz: deps-test
	@mkdir -p $(BUILD)
	@$(MAKE) --no-print-directory -j2 $(FUZZERS) > $(BUILD)/build.log 2>&1 || { tail -n 40 $(BUILD)/build.log; exit 1; }
	@e2e/fuzz $(FUZZ_SECONDS) $(BUILD)/fuzz $(FUZZERS)

demo: deps
	$(call install,jq curl procps)
	@mkdir -p $(BUILD)
	@$(MAKE) --no-print-directory -j2 all > $(BUILD)/build.log 2>&1 || { tail -n 40 $(BUILD)/build.log; exit 1; }
	@PLUGIN=$(BUILD)/kubectl-etcd_backup e2e/demo

# SNAPSHOT=file or URL, FLAGS="--identity key.txt"; REPORT=page.html (in build/ by default)
drill: deps all
	$(call install,jq curl procps)
	@PLUGIN=$(BUILD)/kubectl-etcd_backup e2e/kind-drill "$(SNAPSHOT)" $(FLAGS)

bench: deps all
	$(call install,jq curl procps bc age zstd openssh-server python3)
	e2e/bench/run $(BUILD)/kubectl-etcd_backup
	e2e/bench/members $(BUILD)/kubectl-etcd_backup
	e2e/bench/save $(BUILD)/kubectl-etcd_backup $(CACHE)/etcd-3.5.16
	e2e/bench/memory $(BUILD)/kubectl-etcd_backup $(CACHE)/etcd-3.5.16
	e2e/bench/inspect $(BUILD)/kubectl-etcd_backup $(CACHE)/etcd-3.5.16

format:
	@clang-format -i $(C_FILES)

clean:
	rm -rf $(BUILD)

-include $(shell test -d $(BUILD) && find $(BUILD) -name '*.d' 2>/dev/null)
