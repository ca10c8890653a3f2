
/*
 * fuzz_offpolicy.c: a log of decisions from outside, as `xsell eval offpolicy`
 * reads it: CSV or a JSON object a line, plain or gzip.
 *
 * Properties: a file is refused with a sentence, or gives rows whose numbers
 * are in range and whose choices and ids lie inside their lists; a uniform
 * policy and the log's own can then be valued on it.
 */

#include "../../cli/eval_data.c"
#include "../../cli/eval_offpolicy_log.c"
#include "../../cli/input.c"

#include <stdarg.h>
#include <sys/mman.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static unsigned  said;


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


/* what cli/util.c says aloud */

int
cli_fail(const char *fmt, ...)
{
    int      n;
    char     text[1024];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    want(n > 0);
    said++;

    return CLI_FAILED;
}


xsell_str_t
cli_str(const char *text)
{
    xsell_str_t  s;

    s.p = text;
    s.n = strlen(text);

    return s;
}


static void
fuzz_rows(const offpolicy_log_t *log)
{
    size_t                     n;
    uint32_t                   i;
    const offpolicy_row_t     *row;
    const offpolicy_choice_t  *c;

    for (i = 0; i < log->rows; i++) {
        row = &log->row[i];

        want(row->propensity > 0 && row->propensity <= 1);
        want(row->reward >= 0 && row->reward <= 1e12);
        want(row->action < log->actions.n);
        want(row->position < log->positions.n);
        want(row->cell < log->cells.n);

        for (c = offpolicy_choices(log, i, &n); n; n--, c++) {
            want(c >= log->choice && c < log->choice + log->choices);
            want(c->action < log->actions.n);
            want(c->p >= 0 && c->p <= 1.001f);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int              fd;
    char             file[32];
    offpolicy_log_t  log, other;

    fd = memfd_create("log", MFD_CLOEXEC);
    want(fd >= 0 && write(fd, data, n) == (ssize_t) n);
    (void) snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);

    said = 0;

    if (offpolicy_read(&log, file) != CLI_OK) {
        want(said == 1);

    } else {
        want(said == 0 && log.rows > 0);
        fuzz_rows(&log);

        want(offpolicy_read(&other, file) == CLI_OK);

        if (offpolicy_policy_log(&log, &other) == CLI_OK) {
            fuzz_rows(&log);
        }

        if (offpolicy_policy_uniform(&other) == CLI_OK) {
            fuzz_rows(&other);
        }

        offpolicy_free(&other);
    }

    offpolicy_free(&log);
    (void) close(fd);

    return 0;
}
