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

WARN    := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wpointer-arith \
           -Wno-unused-parameter
OPT     ?= -O2 -g
CFLAGS  ?=
ALL_CFLAGS := $(WARN) $(OPT) -fPIC -fvisibility=default -Iengine $(CFLAGS)
LIBS    := -ljansson -lcrypto -lz -lpthread -lm

ifdef SAN
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined \
              -fno-omit-frame-pointer
endif

ENGINE_SRC := $(shell grep -v '^\#' engine/sources)
ENGINE_OBJ := $(ENGINE_SRC:%.c=$(B)/obj/%.o)
ENGINE_H   := $(wildcard engine/*.h engine/*/*.h)
CLI_SRC    := $(wildcard cli/*.c)
CLI_OBJ    := $(CLI_SRC:%.c=$(B)/obj/%.o)
TEST_SRC   := $(wildcard t/engine/*_test.c)
TEST_BIN   := $(TEST_SRC:t/engine/%.c=$(B)/t/%)
FUZZ_SRC   := $(wildcard t/fuzz/fuzz_*.c)
FUZZ_BIN   := $(FUZZ_SRC:t/fuzz/%.c=$(B)/fuzz/%)
BENCH_SRC  := $(wildcard bench/*_bench.c)
BENCH_BIN  := $(BENCH_SRC:bench/%.c=$(B)/bench/%)
MODULE     := $(B)/ngx_http_xsell_module.so
MODULE_SRC := $(wildcard ngx_http_xsell_module/*.c ngx_http_xsell_module/*.h)

.PHONY: all engine module tests fuzz bench install clean

all: engine module

engine: $(B)/libxsell.a $(B)/xsell

module: $(MODULE)

$(B)/obj/%.o: %.c $(ENGINE_H) $(wildcard cli/*.h)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/libxsell.a: $(ENGINE_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/xsell: $(CLI_OBJ) $(B)/libxsell.a
	$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

tests: $(TEST_BIN)

$(B)/t/%: t/engine/%.c $(wildcard t/engine/*.h) $(B)/libxsell.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< $(B)/libxsell.a -lcmocka $(LIBS) -o $@

# one pass over sources and harness with coverage feedback: own objects
fuzz: $(FUZZ_BIN)

$(B)/fuzz/%: t/fuzz/%.c $(ENGINE_SRC) $(ENGINE_H)
	@mkdir -p $(@D)
	$(CC) $(WARN) -O1 -g -Iengine -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined $< $(ENGINE_SRC) $(LIBS) -o $@

bench: $(BENCH_BIN)

$(B)/bench/%: bench/%.c $(B)/libxsell.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< $(B)/libxsell.a $(LIBS) -o $@

# The configured nginx tree is kept: configure takes a minute, the module 2 s.
$(B)/nginx/Makefile: config engine/sources
	NGX_SRC=$(NGX_SRC) sh ngx_http_xsell_module/configure.sh $(abspath $(B)/nginx)

$(MODULE): $(B)/nginx/Makefile $(MODULE_SRC) $(ENGINE_SRC) $(ENGINE_H)
	$(MAKE) -f $(abspath $(B)/nginx/Makefile) -C $(NGX_SRC) modules
	cp $(B)/nginx/ngx_http_xsell_module.so $@.tmp
	mv $@.tmp $@

clean:
	rm -rf $(B)
