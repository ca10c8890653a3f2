
/*
 * lock_test.c: robust locks across processes.
 *
 * Any process may be killed or stopped while it holds a lock.  Then nobody
 * may wait, nobody may get the lock of a living owner, and the next one must
 * be told that what the lock guards may be half done.
 */

#include "xsell.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>


#define LOCKS   64
#define ROUNDS  100

typedef struct {
    xsell_lock_t  lock[LOCKS];
    int           got;          /* what the child's try returned */
    int           go;           /* the child may release */
    int           done;         /* the child has released */
} page_t;


static page_t *
page_open(void)
{
    int      i;
    page_t  *p;

    p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);

    for (i = 0; i < LOCKS; i++) {
        assert_int_equal(xsell_lock_init(&p->lock[i]), XSELL_OK);
    }

    return p;
}


static void
page_close(page_t *p)
{
    munmap(p, sizeof(*p));
}


static void
nap(long us)
{
    struct timespec  ts = { us / 1000000, us % 1000000 * 1000 };

    nanosleep(&ts, NULL);
}


/* waits until *p is v, ten seconds at most: returns whether it is */

static int
becomes(int *p, int v)
{
    int  i;

    for (i = 0; i < 100000; i++) {
        if (__atomic_load_n(p, __ATOMIC_ACQUIRE) == v) {
            return 1;
        }

        nap(100);
    }

    return 0;
}


/* a child that takes the first n locks, tells, and holds them until go */

static pid_t
holder(page_t *p, int n)
{
    int    i, rc;
    pid_t  pid;

    p->got = -100;
    p->go = 0;
    p->done = 0;

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        alarm(60);      /* should the test fail before it ends us */
        rc = XSELL_OK;

        for (i = 0; i < n; i++) {
            rc = xsell_lock_try(&p->lock[i]);
        }

        __atomic_store_n(&p->got, rc, __ATOMIC_RELEASE);

        if (becomes(&p->go, 1)) {
            for (i = 0; i < n; i++) {
                xsell_lock_release(&p->lock[i]);
            }
        }

        __atomic_store_n(&p->done, 1, __ATOMIC_RELEASE);
        pause();
        _exit(0);
    }

    return pid;
}


static void
end(pid_t pid)
{
    int  status;

    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}


/* hazard: a lock of the dead is never free again, or is handed on without a
   word; a lock of the living is given away */

static void
killed_holder(void **state)
{
    int      i;
    pid_t    pid;
    page_t  *p;

    (void) state;

    p = page_open();

    for (i = 0; i < ROUNDS; i++) {
        pid = holder(p, 1);
        assert_true(becomes(&p->got, XSELL_OK));
        assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_BUSY);
        end(pid);

        assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_AGAIN);
        xsell_lock_release(&p->lock[0]);
        assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_OK);
        xsell_lock_release(&p->lock[0]);
    }

    page_close(p);
}


/* hazard: the heir dies while it repairs, and the next one is not told, or
   the lock is lost for good */

static void
killed_heirs(void **state)
{
    int      i;
    pid_t    pid;
    page_t  *p;

    (void) state;

    p = page_open();

    pid = holder(p, 1);
    assert_true(becomes(&p->got, XSELL_OK));
    end(pid);

    for (i = 0; i < 10; i++) {
        pid = holder(p, 1);
        assert_true(becomes(&p->got, XSELL_AGAIN));
        assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_BUSY);
        end(pid);
    }

    assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_AGAIN);
    xsell_lock_release(&p->lock[0]);

    page_close(p);
}


/* hazard: only the last of many locks of a dead process comes free */

static void
killed_with_many(void **state)
{
    int      i;
    pid_t    pid;
    page_t  *p;

    (void) state;

    p = page_open();

    pid = holder(p, LOCKS);
    assert_true(becomes(&p->got, XSELL_OK));
    end(pid);

    for (i = 0; i < LOCKS; i++) {
        assert_int_equal(xsell_lock_try(&p->lock[i]), XSELL_AGAIN);
        xsell_lock_release(&p->lock[i]);
    }

    page_close(p);
}


/* hazard: somebody waits for a stopped owner, or takes its lock by time and
   there are two writers when it wakes up */

static void
stopped_holder(void **state)
{
    int              i, status;
    pid_t            pid;
    page_t          *p;
    struct timespec  t0, t1;

    (void) state;

    p = page_open();

    pid = holder(p, 1);
    assert_true(becomes(&p->got, XSELL_OK));

    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));

    clock_gettime(CLOCK_MONOTONIC, &t0);

    for (i = 0; i < 100000; i++) {
        assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_BUSY);
    }

    clock_gettime(CLOCK_MONOTONIC, &t1);

    /* a wait of a millisecond a try would be 100 seconds */

    assert_true(t1.tv_sec - t0.tv_sec < 5);

    kill(pid, SIGCONT);
    __atomic_store_n(&p->go, 1, __ATOMIC_RELEASE);
    assert_true(becomes(&p->done, 1));

    assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_OK);
    xsell_lock_release(&p->lock[0]);

    end(pid);
    page_close(p);
}


/* hazard: a process enters twice what it guards; a child of fork() believes
   that it owns what its parent holds, or frees it by its exit */

static void
one_owner(void **state)
{
    int      status;
    pid_t    pid;
    page_t  *p;

    (void) state;

    p = page_open();

    assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_OK);
    assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_BUSY);

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        _exit(xsell_lock_try(&p->lock[0]));
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), XSELL_BUSY);

    assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_BUSY);
    xsell_lock_release(&p->lock[0]);
    assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_OK);
    xsell_lock_release(&p->lock[0]);

    page_close(p);
}


/* hazard: a process that mapped the zone elsewhere sees another lock */

static void
two_mappings(void **state)
{
    int      fd;
    page_t  *p, *q;

    (void) state;

    fd = memfd_create("lock_test", 0);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof(page_t)), 0);

    p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    q = mmap(NULL, sizeof(*q), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(p != MAP_FAILED && q != MAP_FAILED && p != q);

    assert_int_equal(xsell_lock_init(&p->lock[0]), XSELL_OK);
    assert_int_equal(xsell_lock_try(&p->lock[0]), XSELL_OK);
    assert_int_equal(xsell_lock_try(&q->lock[0]), XSELL_BUSY);
    xsell_lock_release(&p->lock[0]);
    assert_int_equal(xsell_lock_try(&q->lock[0]), XSELL_OK);
    xsell_lock_release(&q->lock[0]);

    munmap(p, sizeof(*p));
    munmap(q, sizeof(*q));
    close(fd);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(killed_holder),
        cmocka_unit_test(killed_heirs),
        cmocka_unit_test(killed_with_many),
        cmocka_unit_test(stopped_holder),
        cmocka_unit_test(one_owner),
        cmocka_unit_test(two_mappings),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
