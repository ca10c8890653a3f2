
/*
 * xsell_lock.c: the only kind of lock in shared memory: a robust,
 * process-shared pthread mutex that is only ever tried.
 *
 * A robust mutex belongs to a thread, and the kernel walks the list of a
 * dying thread's robust mutexes: the next one to try gets EOWNERDEAD and
 * knows that what the lock guards may be half done.  Nothing here waits, so
 * a stopped owner costs its competitors one failed compare-and-swap.
 *
 * Dropped: a word with the owner's pid (pids recur, and "is it alive" is
 * answered by kill() about somebody else), stealing after a timeout (the
 * stalled owner wakes up as a second writer), fcntl locks (a system call
 * each, lost by any close()).
 */

#include "xsell_store.h"

#include <errno.h>
#include <pthread.h>


_Static_assert(sizeof(pthread_mutex_t) <= sizeof(xsell_lock_t), "mutex");
_Static_assert(_Alignof(pthread_mutex_t) <= _Alignof(xsell_lock_t), "mutex");


static pthread_mutex_t *
xsell_lock_mutex(xsell_lock_t *lock)
{
    return (pthread_mutex_t *) (void *) lock;
}


int
xsell_lock_init(xsell_lock_t *lock)
{
    int                  rc;
    pthread_mutexattr_t  attr;

    memset(lock, 0, sizeof(*lock));

    if (pthread_mutexattr_init(&attr) != 0) {
        return XSELL_EINVAL;
    }

    /* normal, not recursive: an owner's second try is refused as well */

    rc = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_NORMAL);

    if (rc == 0) {
        rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    }

    if (rc == 0) {
        rc = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    }

    if (rc == 0) {
        rc = pthread_mutex_init(xsell_lock_mutex(lock), &attr);
    }

    pthread_mutexattr_destroy(&attr);

    return rc == 0 ? XSELL_OK : XSELL_EINVAL;
}


int
xsell_lock_try(xsell_lock_t *lock)
{
    switch (pthread_mutex_trylock(xsell_lock_mutex(lock))) {

    case 0:
        return XSELL_OK;

    case EOWNERDEAD:

        /*
         * Consistent at once, before the caller repairs: if the caller is
         * killed too, the kernel marks the lock again, so no repair is lost,
         * and the lock never gets to ENOTRECOVERABLE.
         */

        if (pthread_mutex_consistent(xsell_lock_mutex(lock)) != 0) {
            pthread_mutex_unlock(xsell_lock_mutex(lock));
            return XSELL_BUSY;
        }

        return XSELL_AGAIN;

    default:

        /*
         * EBUSY; also ENOTRECOVERABLE or EINVAL, which only overwritten
         * memory gives: to initialise a mutex that others may be trying is
         * not safe, so what it guards stays out of use.
         */

        return XSELL_BUSY;
    }
}


void
xsell_lock_release(xsell_lock_t *lock)
{
    pthread_mutex_unlock(xsell_lock_mutex(lock));
}
