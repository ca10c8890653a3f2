// A product's page of React: a counter tells whether its script has taken
// over.

import { createElement as h, useEffect, useState } from 'react';

export function Shop() {
    const [count, set] = useState(0);

    useEffect(() => {
        window.hydrated = true;
    }, []);

    return h('main', null,
        h('h1', null, 'A print'),
        h('div', { id: 'description' }, 'Of blue hills.'),
        h('button', { id: 'add', onClick: () => set(count + 1) },
            `In the cart: ${count}`),
        h('section', { id: 'reviews' }, 'None yet.'));
}

export function Document() {
    return h('html', { lang: 'en' },
        h('head', null,
            h('title', null, 'document'),
            h('link', { rel: 'icon', href: 'data:,' }),
            h('link', { rel: 'stylesheet', href: '/hydrate/page.css',
                precedence: 'next' })),
        h('body', null, h(Shop), h('footer', null, 'end')));
}
