// The same page of Vue.

import { createSSRApp, h, onMounted, ref } from 'vue';

export const shop = () => createSSRApp({
    setup() {
        const count = ref(0);

        onMounted(() => {
            window.hydrated = true;
        });

        return () => h('main', null, [
            h('h1', null, 'A print'),
            h('div', { id: 'description' }, 'Of blue hills.'),
            h('button', { id: 'add', onClick: () => count.value++ },
                `In the cart: ${count.value}`),
            h('section', { id: 'reviews' }, 'None yet.'),
        ]);
    },
});
