# xsell: engine library, command line, nginx module.
#
#   make                  module, command line, library (into build/)
#   make engine           library and command line only (no nginx needed)
#   make tests            the engine's unit tests, also for prove
#   make SAN=1 B=build/san tests      the same under ASan and UBSan
#   make fuzz CC=clang    the libFuzzer harnesses
#   make install DESTDIR=...

B       ?= build
CC      ?= cc
AR      ?= ar
NGX_SRC ?= /usr/share/nginx/src

PREFIX  ?= /usr
BINDIR  ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR  ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/xsell
DOCDIR  ?= $(PREFIX)/share/doc/libnginx-mod-http-xsell
NGX_MODULES   ?= $(PREFIX)/lib/nginx/modules
NGX_AVAILABLE ?= $(PREFIX)/share/nginx/modules-available

# CFLAGS=... given to this make is not meant for nginx's own Makefile, where
# it would replace the flags that ./configure found.
MAKEOVERRIDES :=

WARN    := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wpointer-arith \
           -Wno-unused-parameter
# what nginx's own ./configure adds for clang, so that the engine meets it here
ifneq (,$(findstring clang,$(CC)))
OBJ_WARN := -Wconditional-uninitialized
endif
OPT     ?= -O3 -g -fno-math-errno
CFLAGS  ?=
ALL_CFLAGS := $(WARN) $(OPT) -fPIC -fvisibility=default -Iengine $(CFLAGS)
LIBS    := -ljansson -lcrypto -lz -lpthread -lm

# the engine as the module has it: `make LTO=1 B=build/lto bench`
ifdef LTO
ALL_CFLAGS += -flto=auto
AR := gcc-ar
endif

ifdef SAN
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined \
              -fno-omit-frame-pointer
endif

ENGINE_SRC := $(shell grep -v '^\#' engine/sources)
ENGINE_OBJ := $(ENGINE_SRC:%.c=$(B)/obj/%.o)
ENGINE_H   := $(wildcard engine/*.h engine/*/*.h)
CLI_SRC    := $(wildcard cli/*.c)
CLI_OBJ    := $(CLI_SRC:%.c=$(B)/obj/%.o)
# The reader of pictures, a program of its own: only with libvips.
VIPS       := $(shell pkg-config --exists vips 2>/dev/null && echo vips)
PICTURES   := $(if $(VIPS),$(B)/xsell-pictures)
TEST_SRC   := $(wildcard t/engine/*_test.c)
TEST_BIN   := $(TEST_SRC:t/engine/%.c=$(B)/t/%)
FUZZ_SRC   := $(wildcard t/fuzz/fuzz_*.c)
FUZZ_BIN   := $(FUZZ_SRC:t/fuzz/%.c=$(B)/fuzz/%)
FUZZ_OBJ   := $(ENGINE_SRC:%.c=$(B)/fuzzobj/%.o)
FUZZ_FLAGS := $(WARN) -O1 -g -Iengine -fno-sanitize-recover=undefined
BENCH_SRC  := $(wildcard bench/*_bench.c)
BENCH_BIN  := $(BENCH_SRC:bench/%.c=$(B)/bench/%)
MODULE     := $(B)/ngx_http_xsell_module.so
GLUE_LIST  := ngx_http_xsell_module/sources
MODULE_SRC := $(shell grep -v '^\#' $(GLUE_LIST)) \
              $(wildcard ngx_http_xsell_module/*.h)

# a target whose recipe failed must not look finished to the next run
.DELETE_ON_ERROR:
# kept for the next run, though only steps on the way
.SECONDARY:

.PHONY: all engine module tests fuzz bench install clean FORCE

all: engine module

engine: $(B)/libxsell.a $(B)/xsell $(PICTURES)

module: $(MODULE)

$(B)/obj/%.o: %.c $(ENGINE_H) $(wildcard cli/*.h cli/*/*.h)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(OBJ_WARN) -c $< -o $@

$(B)/libxsell.a: $(ENGINE_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/xsell: $(CLI_OBJ) $(B)/libxsell.a
	$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

$(B)/xsell-pictures: $(wildcard cli/pictures/*.[ch])
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) cli/pictures/xsell_pictures.c -o $@ \
	    $$(pkg-config --cflags vips | sed 's/-I/-isystem /g') \
	    $$(pkg-config --libs vips)

tests: $(TEST_BIN) $(B)/t/clock.so

$(B)/t/clock.so: t/nginx/lib/clock.c
	@mkdir -p $(@D)
	$(CC) $(WARN) -O1 -fPIC -shared -o $@ $<

# What is tested is optimised, what tests need not be: half the time to compile.
$(B)/t/%: t/engine/%.c $(wildcard t/engine/*.h) $(B)/libxsell.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -O1 $< $(B)/libxsell.a -lcmocka $(LIBS) -o $@

# Sources and harness with coverage feedback: objects of their own.
fuzz: $(FUZZ_BIN)

$(B)/fuzzobj/%.o: %.c $(ENGINE_H)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined \
	    -c $< -o $@

$(B)/fuzz/%: t/fuzz/%.c $(wildcard t/fuzz/*.h cli/*.[ch]) $(FUZZ_OBJ)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined \
	    $< $(FUZZ_OBJ) $(LIBS) -o $@

bench: $(BENCH_BIN)

$(B)/bench/%: bench/%.c $(wildcard bench/*.h) $(B)/libxsell.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< $(B)/libxsell.a $(LIBS) -o $@

# What the configured tree depends on beside files with a useful time: the
# compiler, and nginx-dev, whose files keep the time of Debian's build.
$(B)/nginx.key: FORCE
	@mkdir -p $(@D)
	@{ echo $(CC) $(XSELL_LTO); cksum $(NGX_SRC)/conf_flags $(NGX_SRC)/src/core/nginx.h; \
	} >$@.tmp; cmp -s $@.tmp $@ || mv $@.tmp $@; rm -f $@.tmp

# The configured nginx tree is kept: configure takes 10 to 60 s, the module 20,
# without LTO 2 (XSELL_LTO=no).
$(B)/nginx/Makefile: config engine/sources $(GLUE_LIST) $(B)/nginx.key \
                     ngx_http_xsell_module/configure.sh \
                     ngx_http_xsell_module/exports.map
	rm -rf $(B)/nginx
	CC="$(CC)" NGX_SRC=$(NGX_SRC) ngx_http_xsell_module/configure.sh \
	    $(abspath $(B)/nginx)

# Renamed into place: a running nginx keeps the file that it has mapped.
$(MODULE): $(B)/nginx/Makefile $(MODULE_SRC) $(ENGINE_SRC) $(ENGINE_H)
	+$(MAKE) -f $(abspath $(B)/nginx/Makefile) -C $(NGX_SRC) modules
	cp $(B)/nginx/ngx_http_xsell_module.so $@.tmp
	mv $@.tmp $@

# As Debian's module packages: modules-available holds the snippet; whoever
# installs enables it by a link in /etc/nginx/modules-enabled.
install: all
	install -d $(addprefix $(DESTDIR),$(NGX_MODULES) $(NGX_AVAILABLE) \
	    $(BINDIR) $(DOCDIR))
	install -m 644 $(MODULE) $(DESTDIR)$(NGX_MODULES)/.xsell.tmp
	mv $(DESTDIR)$(NGX_MODULES)/.xsell.tmp \
	    $(DESTDIR)$(NGX_MODULES)/ngx_http_xsell_module.so
	echo 'load_module modules/ngx_http_xsell_module.so;' \
	    >$(DESTDIR)$(NGX_AVAILABLE)/mod-http-xsell.conf
	install -m 755 $(B)/xsell $(DESTDIR)$(BINDIR)/xsell
	if [ "$(PICTURES)" ]; then \
	    install -D -m 755 $(PICTURES) \
	        $(DESTDIR)$(LIBEXECDIR)/xsell/xsell-pictures; \
	fi
	for f in $(wildcard man/*.[158]); do \
	    install -D -m 644 $$f \
	        $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/} || exit 1; \
	done
	install -d $(DESTDIR)$(DATADIR)/templates
	$(B)/xsell template >$(B)/carousel.mustache
	install -m 644 $(B)/carousel.mustache $(DESTDIR)$(DATADIR)/templates
	for f in $$(find $(wildcard README.md CHANGES conf-examples) \
	            /dev/null -type f); do \
	    install -D -m 644 $$f $(DESTDIR)$(DOCDIR)/$$f || exit 1; \
	done

clean:
	rm -rf $(B)
