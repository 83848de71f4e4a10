# Warung. `make` builds, `make run` is a phone, `make check` tests; README.md says the rest.
# Each first installs what it needs and this machine lacks (conf/packages.debian).
#
# A program is every module of its folders; a new .c file is picked up by its place:
#   libwarung.a    base menus merchants sessions gateway (without the mains)
#   tests/unit/test_*.c, tests/contract/test_*.c, tests/vectors/test_*.c, tests/scenarios/test_*.c
#                  one cmocka program each, linked with libwarung.a
#   tests/fuzz/fuzz_*.c   one libFuzzer target each

SHELL    := /bin/bash
prefix     ?= /usr/local
bindir     ?= $(prefix)/bin
sbindir    ?= $(prefix)/sbin
mandir     ?= $(prefix)/share/man
docdir     ?= $(prefix)/share/doc/warung
unitdir    ?= $(prefix)/lib/systemd/system
sysconfdir ?= /etc
DESTDIR    ?=
# The rules of install and uninstall (rm -rf) would take each part for a path of its own.
PLACES   := DESTDIR prefix bindir sbindir mandir docdir unitdir sysconfdir
$(foreach v,$(PLACES),$(if $(word 2,$($(v))),$(error $(v) holds a blank: "$($(v))")))

# On all processors, unless -j says otherwise; several goals one after the other.
ifeq ($(MAKELEVEL)$(word 2,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

V        ?= 0
Q        := $(if $(filter 0,$(V)),@)

VERSION  := $(shell sed -n 's/^\#define WARUNG_VERSION "\(.*\)"/\1/p' base/version.h)

# The kinds of build, each in a folder of its own: plain; SANITIZE=1 (ASan and UBSan); and three that
# `make fuzz`, `make coverage` and `make analyze` ask for by themselves.
SANITIZE ?= 0
KIND     ?= $(if $(filter 1,$(SANITIZE)),sanitize,plain)
SAN       = -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
# Objects for both ways of linking (below); clang has none such, and does without.
LTO          := $(if $(findstring clang,$(shell $(CC) --version 2>&1)),,-flto=auto -ffat-lto-objects)
OPT_plain    := -O3 -g $(LTO)
# What a fault in the programs should meet (docs/security.md); the sanitizers have their own.
HARD_x86_64  := -fcf-protection
HARD_aarch64 := -mbranch-protection=standard
HARD_plain   := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection \
                $(HARD_$(shell uname -m))
OPT_sanitize  = -O1 -g3 $(SAN)
OPT_fuzz      = -O1 -g $(SAN) -fsanitize=fuzzer-no-link
OPT_coverage := -O0 -g --coverage
OPT_analyze  := -O0
B        := build$(if $(filter-out plain,$(KIND)),-$(KIND))
OPT       = $(OPT_$(KIND))

PKGS     := libevent libevent_openssl hiredis libconfig libcurl jansson libcrypto libssl libcrypt
CC       := $(if $(filter fuzz,$(KIND)),clang,$(CC))
# A released archive may meet a compiler that warns of more: WERROR= lets it.
WERROR   ?= -Werror
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wunused-result $(WERROR)
CPPFLAGS += -I. -D_GNU_SOURCE
# Asserts stay in release builds (CONTRIBUTING.md): NDEBUG is never defined.
CFLAGS   += -std=gnu11 $(OPT) $(HARD_$(KIND)) $(WARN) -fstack-protector-strong -MMD -MP
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lsmpp34 -lm
LDFLAGS  += -fno-lto -Wl,-z,relro,-z,now $(filter -fsanitize% --coverage,$(OPT))
# The gateway is optimised as a whole (an eighth less processor time a step: docs/performance.md); all
# else is linked from the same objects' machine code, in a tenth of the time.
LDWHOLE   = $(if $(filter plain,$(KIND)),$(OPT))

FOLDERS  := base menus merchants sessions gateway gateway/smpp gateway/link gateway/turn \
            gateway/cdr gateway/admin
LIB_SRC  := $(filter-out gateway/main.c,$(wildcard $(FOLDERS:%=%/*.c)))
CTL_SRC  := $(wildcard gateway/ctl/*.c)
SMSC_SRC := $(wildcard tests/smsc/*.c)
SIM_SRC  := $(wildcard tests/sim/*.c)
TEST_SRC := $(wildcard tests/unit/test_*.c tests/contract/test_*.c tests/vectors/test_*.c \
              tests/scenarios/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FAULT_SRC := $(wildcard tests/fault/test_*.c)
# Helpers that several tests share: anything in tests/support, linked to every test.
HELP_SRC := $(wildcard tests/support/*.c)

LIB      := $(B)/libwarung.a
objects   = $(patsubst %.c,$(B)/obj/%.o,$(1))
FUZZERS  := $(patsubst tests/%.c,$(B)/tests/%,$(FUZZ_SRC))
FAULTS   := $(patsubst tests/%.c,$(B)/tests/%,$(FAULT_SRC))
TESTS    := $(patsubst tests/%.c,$(B)/tests/%,$(TEST_SRC))
PROGRAMS := $(if $(wildcard gateway/main.c),$(B)/warungd) \
            $(if $(wildcard gateway/ctl/main.c),$(B)/warungctl) \
            $(if $(wildcard tests/smsc/main.c),$(B)/warung-smsc)

.PHONY: all run check check-fault check-mutants check-package check-valgrind unit tests lint analyze \
        docs bench sim fuzz fuzz-programs coverage clean install uninstall dist distcheck deb
all: $(PROGRAMS)

# The groups of packages that the goals need beyond [build]. A stamp each choice, so that only a change
# of the list asks again; everything compiled comes after it. INSTALL_PACKAGES=no leaves the machine
# alone.
NEEDS_run      := run
NEEDS_bench    := run bench
NEEDS_check    := run check
NEEDS_tests    := run check
NEEDS_check-mutants := run check
NEEDS_check-fault := run check fault
NEEDS_unit     := run check
NEEDS_check-valgrind := run check valgrind
NEEDS_fuzz     := fuzz
NEEDS_lint     := lint
NEEDS_analyze  := run check analyze
NEEDS_docs     := docs
NEEDS_coverage := run check coverage
NEEDS_deb      := package run check
NEEDS_check-package := package run check
GROUPS   := build $(sort $(foreach goal,$(MAKECMDGOALS),$(NEEDS_$(goal))))
PACKAGES := build/packages-$(subst $(eval) ,-,$(GROUPS))

$(PACKAGES): conf/packages.debian tools/install-packages.sh
	@tools/install-packages.sh $(GROUPS)
	@mkdir -p build && touch $@

$(B)/obj/%.o: %.c | $(PACKAGES)
	@mkdir -p $(@D)
	@echo "  CC   $<" >&2
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The Lua library and the flow of `warung-smsc load` are parts of the programs (.incbin).
$(B)/obj/sessions/redis_library.o: sessions/functions.lua
$(B)/obj/tests/smsc/flow.o: tests/smsc/flows/register.flow

$(LIB): $(call objects,$(LIB_SRC))
	@echo "  AR   $@" >&2
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/warungd: $(B)/obj/gateway/main.o $(LIB)
	@echo "  LD   $@" >&2
	$(Q)$(CC) $(filter-out -fno-lto,$(LDFLAGS)) $(LDWHOLE) -o $@.part $^ $(LDLIBS) && mv $@.part $@

$(B)/warungctl: $(call objects,$(CTL_SRC)) $(LIB)
	@echo "  LD   $@" >&2
	$(Q)$(CC) $(LDFLAGS) -o $@.part $^ $(LDLIBS) && mv $@.part $@

# Its own codec and nothing of the gateway's: two codecs that agree are evidence.
$(B)/warung-smsc: $(call objects,$(SMSC_SRC)) $(B)/libbase.a
	@echo "  LD   $@" >&2
	$(Q)$(CC) $(LDFLAGS) -o $@.part $^ -levent -lm && mv $@.part $@

# The real turn, link, menu and session code in simulated time.
$(B)/warung-sim: $(call objects,$(SIM_SRC) gateway/ctl/dossier.c gateway/ctl/access.c gateway/ctl/planning.c) $(LIB)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@.part $^ $(LDLIBS) && mv $@.part $@

$(B)/libbase.a: $(call objects,$(wildcard base/*.c))
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/tests/%: $(B)/obj/tests/%.o $(call objects,$(HELP_SRC)) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD   $@" >&2
	$(Q)$(CC) $(LDFLAGS) -o $@.part $^ $(LDLIBS) -lcmocka && mv $@.part $@

# The simulated centre's own tests: its modules, none of the gateway's.
$(B)/tests/unit/test_smsc_%: $(B)/obj/tests/unit/test_smsc_%.o \
        $(call objects,$(filter-out tests/smsc/main.c,$(SMSC_SRC))) $(B)/libbase.a
	@mkdir -p $(@D)
	@echo "  LD   $@" >&2
	$(Q)$(CC) $(LDFLAGS) -o $@.part $^ -levent -lm -lcmocka && mv $@.part $@

# With the kept inputs as a test; under KIND=fuzz with libFuzzer's own main.
$(FUZZERS): $(B)/tests/%: $(B)/obj/tests/%.o $(if $(filter-out fuzz,$(KIND)),$(B)/obj/tests/fuzz/replay.o) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD   $@" >&2
	$(Q)$(CC) $(LDFLAGS) $(if $(filter fuzz,$(KIND)),-fsanitize=fuzzer) -o $@.part $(filter %.o,$^) \
		$(LIB) $(LDLIBS) && mv $@.part $@
# These play menus with the tests' own little service.
$(filter %/fuzz_menu_file %/fuzz_menu_input,$(FUZZERS)): $(B)/obj/tests/support/menus.o

.SECONDARY:
# Nothing half made is taken for done: what fails goes, and a program has its name when it is whole,
# even where make itself was killed.
.DELETE_ON_ERROR:
tests: $(TESTS) $(FUZZERS)

# A phone on the terminal, or from a pipe; what is built on the way is told on standard error, so that
# standard output has the phone's screens alone.
run: $(PROGRAMS)
	@BUILD=$(B) tools/run.sh

# The third-party peers of the end-to-end tests, exactly those of the lock file.
E2E_READY := $(if $(wildcard tests/e2e/*.test.js),tests/e2e/node_modules/.package-lock.json)
tests/e2e/node_modules/.package-lock.json: tests/e2e/package-lock.json | $(PACKAGES)
	@echo "  NPM  tests/e2e" >&2
	$(Q)npm ci --prefix tests/e2e --ignore-scripts --no-audit --no-fund >/dev/null

# Preloaded into the programs that are hurt.
PRELOADS := $(patsubst %,$(B)/tests/fault/%.so,synced dying clock unreadable)
$(PRELOADS): $(B)/tests/fault/%.so: tests/fault/%.c | $(PACKAGES)
	@mkdir -p $(@D)
	@echo "  CC   $<" >&2
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARN) -shared -fPIC -o $@ $<

# Everything: each test is named with its result; the last line is "N passed, N failed".
check: $(PROGRAMS) $(B)/warung-sim $(TESTS) $(FUZZERS) $(PRELOADS) $(E2E_READY)
	@BUILD=$(B) tools/check.sh

# What takes minutes: servers killed, stopped and moved under load, one program at a time. ROUNDS=n
# fault rounds (tests/fault/rounds.js): 200 are the long form, some 15 s each. MASS=n messages in
# tests/fault/mass.test.js, 100,000 else.
ROUNDS   ?= 30
check-fault: $(PROGRAMS) $(FAULTS) $(PRELOADS) $(E2E_READY)
	@BUILD=$(B) JOBS=1 ROUNDS=$(ROUNDS) TEST_LIMIT_S=$$((600 + 60 * $(ROUNDS))) tools/check.sh $(FAULTS) $(wildcard tests/fault/*.test.sh tests/fault/*.test.js)

# The cmocka programs alone, from the project's folder, stopping at the first that fails.
unit: $(TESTS)
	$(Q)for t in $(TESTS); do echo "== $$t"; $$t || exit 1; done

# The same under valgrind. What starts servers is left to the sanitizers, and what uses up all
# descriptors or changes their limit: valgrind needs some itself.
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
            --suppressions=tests/valgrind.supp
check-valgrind: $(TESTS)
	$(Q)printf '%s\n' $(filter-out %/test_link_socket %/test_descriptors %/test_admin_http,$(filter $(B)/tests/unit/% \
	        $(B)/tests/vectors/% $(B)/tests/scenarios/% %/test_store_memory,$(TESTS))) | xargs -P2 -I{} sh -c \
	    '$(VALGRIND) {} >{}.valgrind 2>&1 && echo "ok    {}" || { echo "FAIL  {}.valgrind"; exit 1; }'

# What can be said about the tree without running it. LINT= names single checks of tools/lint.sh;
# make's own LINT is the name of a program.
ifeq ($(origin LINT),default)
LINT     :=
endif
lint: $(PACKAGES)
	@tools/lint.sh $(LINT)

# The static analysers under their written sets of checks; minutes. ANALYZE= names single ones.
analyze: $(PACKAGES)
	@tools/analyze.sh $(ANALYZE)

# FUZZ_S seconds of libFuzzer for each target, or FUZZ_S=keep to keep what it found; the ordinary
# `make check` replays what is kept.
FUZZ_S   ?= 60
fuzz: $(PACKAGES)
	@$(MAKE) --no-print-directory KIND=fuzz fuzz-programs
	@tools/fuzz.sh $(FUZZ_S) $(FUZZ_SRC:tests/%.c=build-fuzz/tests/%)
fuzz-programs: $(FUZZERS)

# The drawn picture of the shipped menu, kept in the tree.
docs: $(PACKAGES) $(B)/warungctl
	$(Q)$(B)/warungctl menu graph conf/menus/terususaha.cfg | dot -Tsvg -o docs/terususaha.svg

# Steps per second and latencies on this machine; tests/bench/bench.sh has the settings.
BENCHES  := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/bench/*.c))
tests: $(BENCHES) # so that they stay in step with what they measure
bench: $(PROGRAMS) $(BENCHES)
	@BUILD=$(B) tests/bench/bench.sh
$(BENCHES): $(B)/%: $(B)/obj/tests/%.o $(call objects,$(HELP_SRC) tests/smsc/histogram.c) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD   $@" >&2
	$(Q)$(CC) $(LDFLAGS) -o $@.part $^ $(LDLIBS) -lcmocka && mv $@.part $@

# Lines and branches that the tests reach, folder by folder; fails below 90 % and 80 % where the code
# must not err. Details in build-coverage/index.html.
coverage: $(PACKAGES)
	@$(MAKE) --no-print-directory KIND=coverage check
	@tools/coverage.sh

# Configuration that an admin has changed stays as it is.
install: all
	install -d $(addprefix $(DESTDIR),$(bindir) $(sbindir) $(unitdir) $(docdir) $(sysconfdir)/warung/menus)
	install -d -m 700 $(DESTDIR)$(sysconfdir)/warung/secrets
	install -m 755 $(B)/warungd $(DESTDIR)$(sbindir)
	install -m 755 $(B)/warungctl $(B)/warung-smsc $(DESTDIR)$(bindir)
	for unit in systemd/*.service; do \
	    sed 's|/usr/sbin/|$(sbindir)/|; s|/usr/lib/warung/|$(prefix)/lib/warung/|' $$unit >$(DESTDIR)$(unitdir)/$${unit##*/}; done
	chmod 644 $(patsubst systemd/%,$(DESTDIR)$(unitdir)/%,$(wildcard systemd/*.service))
	install -D -m 755 systemd/redis-tail $(DESTDIR)$(prefix)/lib/warung/redis-tail
	install -D -m 644 systemd/warung.sysusers $(DESTDIR)$(prefix)/lib/sysusers.d/warung.conf
	install -D -m 644 systemd/warung.tmpfiles $(DESTDIR)$(prefix)/lib/tmpfiles.d/warung.conf
	for file in redis.conf $(patsubst conf/%,%,$(wildcard conf/*.cfg conf/menus/*.cfg)); do \
	    [ -e $(DESTDIR)$(sysconfdir)/warung/$$file ] || \
	    install -m $$([ $$file = warung.cfg ] && echo 640 || echo 644) conf/$$file \
	        $(DESTDIR)$(sysconfdir)/warung/$$file; done # warung.cfg may hold passwords
	for page in docs/man/*.[158]; do \
	    install -D -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}; done
	install -D -m 644 -t $(DESTDIR)$(docdir) README.md NEWS.md $(wildcard docs/*.md docs/*.svg)
	install -D -m 644 -t $(DESTDIR)$(docdir)/examples $(wildcard conf/menus/examples/*)
	install -D -m 644 -t $(DESTDIR)$(docdir)/monitoring $(wildcard conf/monitoring/*)

# Leaves /etc/warung: it is the admin's.
uninstall:
	rm -f $(DESTDIR)$(sbindir)/warungd $(DESTDIR)$(bindir)/warungctl $(DESTDIR)$(bindir)/warung-smsc
	rm -f $(patsubst systemd/%,$(DESTDIR)$(unitdir)/%,$(wildcard systemd/*.service))
	rm -f $(foreach page,$(notdir $(wildcard docs/man/*.[158])),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(page)))/$(page))
	rm -rf $(DESTDIR)$(prefix)/lib/warung
	rm -f $(DESTDIR)$(prefix)/lib/sysusers.d/warung.conf $(DESTDIR)$(prefix)/lib/tmpfiles.d/warung.conf
	rm -rf $(DESTDIR)$(docdir)

# A release is what git has, under its version's name.
DIST     := warung-$(VERSION)
dist:
	@mkdir -p build
	git archive --prefix=$(DIST)/ -o build/$(DIST).tar.gz HEAD
	@echo build/$(DIST).tar.gz

# The release builds, passes its tests, installs and uninstalls cleanly, in a folder of its own.
distcheck: dist
	tools/distcheck.sh build/$(DIST).tar.gz

# Plants faults and wants the tests to notice each. MUTANTS= names single ones.
check-mutants: $(PROGRAMS) $(B)/warung-sim $(TESTS) $(PRELOADS) $(E2E_READY)
	@tests/mutants/mutants.sh $(MUTANTS)

# SEEDS=n simulated histories of HOURS hours; a violation names the seed that repeats it.
SEEDS ?= 100
HOURS ?= 10
sim: $(B)/warung-sim
	$< --seeds $(SEEDS) --hours $(HOURS) --quiet

# The Debian packages of that release, read by lintian; DEB_BUILD_OPTIONS=nocheck skips its tests.
deb: $(PACKAGES) dist
	tools/deb.sh build/$(DIST).tar.gz

# Those packages in a fresh Debian 12: the commands of docs/operations.md, a phone, a backup, a purge.
check-package:
	@$(MAKE) --no-print-directory deb DEB_BUILD_OPTIONS=nocheck
	@tools/check-package.sh

clean:
	rm -rf build build-*

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
