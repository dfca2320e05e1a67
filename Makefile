# kubectl-etcd_backup: build, checks, tests, demo.  One makefile, not recursive.
#
#   make          build/kubectl-etcd_backup
#   make deps     install build packages by name (root, or sudo)
#   make check    formatting, warnings, analysers, include rule
#   make test     everything: unit, sshd, etcd, kind (installs what it needs, says so first)
#   make demo     a real cluster, a snapshot, a disaster, a restore
#   make bench    our restore against the documented procedure

SHELL   := /bin/bash
CC      ?= gcc
BUILD   ?= build
VERSION := 0.1.0

PKGS     := libssh2 libuv libcurl jansson yaml-0.1 libcrypto
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wcast-qual \
            -Wno-variadic-macros
HARDEN   := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CPPFLAGS += -D_GNU_SOURCE -Iorchestrator -I. -DVERSION='"$(VERSION)"'
CFLAGS   ?= -O2 -g
LDHARD   := -pie -Wl,-z,relro,-z,now

LIB_SRC    := $(filter-out orchestrator/node/node_dir.c,$(wildcard orchestrator/*/*.c))
PLUGIN_SRC := $(wildcard plugin/*.c)
TEST_SRC   := $(wildcard orchestrator/*/test/test_*.c plugin/test/test_*.c)
E2E_SRC    := $(wildcard e2e/*/test_*.c)
PLAY_TESTS := $(wildcard orchestrator/play/test/test_*.c)
FAKES      := $(wildcard orchestrator/play/test/fake_*.c)
PLAYBOOKS  := $(wildcard playbooks/*.yaml)

PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(shell pkg-config --libs $(PKGS))

# One set of objects a flavour: plain, and with sanitizers for the tests.
SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
SAN_tsan := -fsanitize=thread -fno-omit-frame-pointer -O1

.PHONY: all deps check check-layers check-format check-tidy test test-unit demo bench clean format
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

# Plays run on fake nodes: fake_etcd.c stands in for etcd_api.c and apiserver.c.
$(patsubst %.c,$(BUILD)/$(1)/test/%,$(PLAY_TESTS)): $(BUILD)/$(1)/test/%: \
		$(BUILD)/$(1)/%.o $(FAKES:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/orchestrator/node/node_dir.o $(BUILD)/$(1)/lib.a
	@mkdir -p $$(@D)
	$$(CC) $(2) -o $$@ $$^ $$(PKG_LIBS) -lpthread
endef
$(eval $(call flavour,plain,$(HARDEN)))
$(eval $(call flavour,asan,$(SAN_asan)))
$(eval $(call flavour,tsan,$(SAN_tsan)))

$(BUILD)/kubectl-etcd_backup: $(BUILD)/plain/plugin/main.o $(BUILD)/plain/plugin.a $(BUILD)/plain/lib.a
	$(CC) $(LDHARD) -o $@ $^ $(BUILD)/plain/lib.a $(PKG_LIBS) -lpthread

# The same program with ASan and UBSan, for the end-to-end tests.
$(BUILD)/asan/kubectl-etcd_backup: $(BUILD)/asan/plugin/main.o $(BUILD)/asan/plugin.a $(BUILD)/asan/lib.a
	$(CC) $(SAN_asan) -o $@ $^ $(BUILD)/asan/lib.a $(PKG_LIBS) -lpthread

clean:
	rm -rf $(BUILD)

-include $(shell test -d $(BUILD) && find $(BUILD) -name '*.d' 2>/dev/null)
