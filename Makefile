# Warung. `make` builds, `make run` is a phone, `make check` tests; README.md says the rest.
#
# A program is every module of its folders; a new .c file is picked up by its place:
#   libwarung.a    base menus merchants sessions gateway (without the mains)
#   tests/unit/test_*.c, tests/contract/test_*.c, tests/vectors/test_*.c, tests/scenarios/test_*.c
#                  one cmocka program each, linked with libwarung.a
#   tests/fuzz/fuzz_*.c   one libFuzzer target each

SHELL    := /bin/bash
prefix   ?= /usr/local
DESTDIR  ?=
V        ?= 0
Q        := $(if $(filter 0,$(V)),@)

VERSION  := $(shell sed -n 's/^\#define WARUNG_VERSION "\(.*\)"/\1/p' base/version.h)

# SANITIZE=1 builds and tests everything under ASan and UBSan, in a folder of its own.
SANITIZE ?= 0
ifeq ($(SANITIZE),1)
B        := build-sanitize
OPT      := -O1 -g3 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
else
B        := build
OPT      := -O2 -g
endif

PKGS     := libevent libevent_openssl hiredis libconfig libcurl jansson libcrypto libssl libcrypt
CC       ?= cc
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wunused-result -Werror
CPPFLAGS += -I. -D_GNU_SOURCE
# Asserts stay in release builds (design 6): NDEBUG is never defined.
CFLAGS   += -std=gnu11 $(OPT) $(WARN) -fstack-protector-strong -MMD -MP
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lsmpp34 -lm
LDFLAGS  += $(if $(filter 1,$(SANITIZE)),-fsanitize=address$(comma)undefined)
comma    := ,

FOLDERS  := base menus merchants sessions gateway gateway/smpp gateway/link gateway/turn \
            gateway/callback gateway/admin
LIB_SRC  := $(filter-out gateway/main.c,$(wildcard $(FOLDERS:%=%/*.c)))
CTL_SRC  := $(wildcard gateway/ctl/*.c)
SMSC_SRC := $(wildcard tests/smsc/*.c)
TEST_SRC := $(wildcard tests/unit/test_*.c tests/contract/test_*.c tests/vectors/test_*.c \
              tests/scenarios/test_*.c)
# Helpers that several tests share: anything in tests/support, linked to every test.
HELP_SRC := $(wildcard tests/support/*.c)

LIB      := $(B)/libwarung.a
objects   = $(patsubst %.c,$(B)/obj/%.o,$(1))
TESTS    := $(patsubst tests/%.c,$(B)/tests/%,$(TEST_SRC))
PROGRAMS := $(if $(wildcard gateway/main.c),$(B)/warungd) \
            $(if $(wildcard gateway/ctl/main.c),$(B)/warungctl) \
            $(if $(wildcard tests/smsc/main.c),$(B)/warung-smsc)

.PHONY: all run check unit lint bench clean tests
all: $(PROGRAMS)

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(LIB): $(call objects,$(LIB_SRC))
	@echo "  AR   $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/warungd: $(B)/obj/gateway/main.o $(LIB)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/warungctl: $(call objects,$(CTL_SRC)) $(LIB)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Its own codec and nothing of the gateway's: two codecs that agree are evidence.
$(B)/warung-smsc: $(call objects,$(SMSC_SRC)) $(B)/libbase.a
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -levent -lm

$(B)/libbase.a: $(call objects,$(wildcard base/*.c))
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/tests/%: $(B)/obj/tests/%.o $(call objects,$(HELP_SRC)) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

.SECONDARY:
tests: $(TESTS)

# The cmocka programs alone, from the project's folder, stopping at the first that fails.
unit: $(TESTS)
	$(Q)for t in $(TESTS); do echo "== $$t"; $$t || exit 1; done

clean:
	rm -rf build build-sanitize

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
