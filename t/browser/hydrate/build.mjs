// Makes the pages of hydrate.t as a shop's build would: the same components
// rendered to HTML here and bundled for the browser by esbuild.
//
//     node build.mjs FOLDER
//
// react     an element is hydrated, <div id="root">, as Vite's starter has it
// document  the whole document is, as Next's App Router does it
// vue       <div id="app">

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Writable } from 'node:stream';

import { build } from 'esbuild';
import { createElement } from 'react';
import { renderToPipeableStream, renderToString } from 'react-dom/server';
import { renderToString as renderVue } from '@vue/server-renderer';

import { Document, Shop } from './react.mjs';
import { shop } from './vue.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];

const html = (root, name) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${name}</title>
<link rel="icon" href="data:,"></head><body>
${root}
<script type="module" src="/hydrate/${name}.js"></script>
<footer>end</footer></body></html>
`;

// what a stream of React's writes, once all is there
const whole = (element, options) => new Promise((resolve, reject) => {
    let text = '';
    const sink = new Writable({
        write(chunk, encoding, next) {
            text += chunk;
            next();
        },
        final(next) {
            resolve(text);
            next();
        },
    });
    const stream = renderToPipeableStream(element, {
        ...options, onError: reject, onAllReady: () => stream.pipe(sink),
    });
});

const pages = {
    react: html(`<div id="root">${renderToString(createElement(Shop))}</div>`,
        'react'),
    document: await whole(createElement(Document),
        { bootstrapModules: ['/hydrate/document.js'] }),
    vue: html(`<div id="app">${await renderVue(shop())}</div>`, 'vue'),
};

mkdirSync(folder, { recursive: true });

for (const [name, text] of Object.entries(pages)) {
    writeFileSync(`${folder}/${name}.html`, text);
}

await build({
    entryPoints: Object.keys(pages).map((name) =>
        ({ in: `${here}/${name}_client.mjs`, out: name })),
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    logLevel: 'error',
    define: {
        'process.env.NODE_ENV': '"production"',
        __VUE_OPTIONS_API__: 'true',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
});
