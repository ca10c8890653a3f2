
/*
 * arm_skip.c: what the engine's tests leave out under qemu's emulation of
 * another processor: linked to each of them by t/arm.sh.
 *
 * Two things are not emulated.  A robust mutex of a killed process is given
 * back by the kernel, which walks a list that it was told of: it is told of
 * the emulator's list, not of that of the process inside.  And ptrace: the
 * programs that step through instructions are left out by t/arm.sh.  What
 * only killed processes show is therefore proved on the real machine alone;
 * threads and processes that live share memory here as they do there.
 *
 * Not taken: a condition in each test: they would have to know where they
 * run.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>


typedef struct {
    const char  *program;
    const char  *tests;         /* a pattern: * and ? */
} arm_skip_t;


static const arm_skip_t  arm_skip[] = {

    /* who died with a lock */
    { "event_test", "test_killed_claimant" },
    { "lock_test", "killed_*" },
    { "validate_test", "*_excused" },

    /* takes 15 times as long, and has a limit */
    { "catalog_map_test", "a_large_catalogue_is_built_quickly" }
};


__attribute__((constructor)) static void
arm_skip_init(void)
{
    size_t  i;

    for (i = 0; i < sizeof(arm_skip) / sizeof(arm_skip[0]); i++) {
        if (strcmp(program_invocation_short_name, arm_skip[i].program) == 0) {
            cmocka_set_skip_filter(arm_skip[i].tests);
        }
    }
}
