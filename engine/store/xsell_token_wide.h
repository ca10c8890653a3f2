
/*
 * xsell_token_wide.h: between xsell_token.c and xsell_token_wide.c; nobody
 * else includes it.
 */

#ifndef XSELL_TOKEN_WIDE_H
#define XSELL_TOKEN_WIDE_H

#include "../xsell.h"


/* makes n tokens; 0: this processor has no lanes, nothing was done */
int xsell_token_sign_wide(const xsell_signer_t *s, const xsell_sign_t *what,
    unsigned n);


#endif /* XSELL_TOKEN_WIDE_H */
