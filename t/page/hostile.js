'use strict';

/*
 * hostile.js: looks at fragments for hostile.t, in the tree that a browser's
 * parser builds.  One JSON object a line in, one a line out:
 *
 *   { benign, hostile, items, fragment, loose }: two files, rendered by one
 *   template with harmless and with hostile values; the latter (base64, by
 *   name), of each item and of the fragment as a whole; loose: white space
 *   and what follows 2,000 characters make no difference
 *   { bad: [ sentences ] }
 *
 * Templates tell what they did with a value: an element with data-k="title"
 * has the title as its text; an attribute data-is-title="..." is one; an
 * element with data-json holds JSON whose members are named as the values,
 * one with data-css rules whose strings are the values that it names.  The
 * nearest data-n is the item's number, from 1; none: the fragment's.
 */

const fs = require('fs');
const readline = require('readline');
const tree = require('./tree.js');

const URLS = ['href', 'src', 'action', 'formaction', 'poster', 'cite',
    'background', 'xlink:href', 'data', 'srcset', 'ping', 'longdesc'];
const BASE = 'https://shop.example/p/';

/* what the renderer drops or replaces: broken UTF-8, controls, and what turns
   the direction of text */
const DROPPED = new RegExp('[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f'
    + '\\u202a-\\u202e\\u2066-\\u2069\\ufffd-\\uffff]', 'g');


function plain(text) {
    return text.replace(DROPPED, '').replace(/\r\n?/g, '\n');
}

function decode(base64) {
    return new TextDecoder('utf-8', { ignoreBOM: true })
        .decode(Buffer.from(base64, 'base64'));
}


function page(fragment) {
    return tree.parse('<!DOCTYPE html><title>t</title><body><div id="w">'
        + `${fragment}</div><p id="after">x</p></body>`, false);
}

/* the elements with their attributes' names, which no value may change; a
   picture may be left out */
function shape(n, withImages) {
    if (!tree.isTag(n)) {
        return n.nodeName === '#text' ? ''
            : n.childNodes ? n.childNodes.map((c) => shape(c, withImages))
                .join('') : n.nodeName;
    }
    if (n.tagName === 'img' && !withImages) {
        return '';
    }
    return `<${n.namespaceURI} ${n.tagName} ${n.attrs.map((a) => a.name)
        .join(' ')}>${n.childNodes.map((c) => shape(c, withImages)).join('')}`
        + `${n.content ? shape(n.content, withImages) : ''}</>`;
}


function textOf(n) {
    return n.childNodes.map((c) => (c.nodeName === '#text' ? c.value : ''))
        .join('');
}

function numberOf(n) {
    for (let p = n; p; p = p.parentNode) {
        const k = p.attrs && tree.attribute(p, 'data-n');

        if (k !== undefined && k !== null) {
            return Number(k);
        }
    }
    return 0;
}


/* what is no address at all leads nowhere */
function protocol(address) {
    try {
        return new URL(address, BASE).protocol;
    } catch (e) {
        return 'http:';
    }
}


/* ---- a style's tokens (CSS Syntax, section 4, as far as it goes here) --- */

const ESCAPE = /^\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\r\n\f])?|(\r\n|[\n\r\f])|([^\n\r\f]))/;

function cssString(css, quote) {
    let value = '';
    let i = 1;

    while (i < css.length && css[i] !== quote) {
        if (/[\n\r\f]/.test(css[i])) {
            return { kind: 'bad-string', length: i, value };
        }
        const m = css[i] === '\\' ? ESCAPE.exec(css.slice(i)) : null;

        if (m) {
            const code = m[1] && parseInt(m[1], 16);

            value += m[1] ? (code === 0 || code > 0x10ffff
                || (code >= 0xd800 && code < 0xe000) ? '\ufffd'
                : String.fromCodePoint(code)) : m[3] || '';
            i += m[0].length;
        } else {
            value += css[i++];
        }
    }
    return { kind: 'string', length: i + 1, value };
}

function cssTokens(css) {
    const list = [];
    let i = 0;

    while (i < css.length) {
        const rest = css.slice(i);
        let m;
        let token;

        if (rest[0] === '"' || rest[0] === '\'') {
            token = cssString(rest, rest[0]);
        } else if ((m = /^\/\*[^]*?(?:\*\/|$)/.exec(rest))) {
            token = { kind: 'comment', length: m[0].length };
        } else if ((m = /^[ \t\r\n\f]+/.exec(rest))) {
            token = { kind: 'space', length: m[0].length };
        } else if ((m = /^(?:[-\w]|[^\0-\x7f]|\\[^\n])+\(?/.exec(rest))) {
            token = { kind: m[0].endsWith('(') ? `function ${m[0]}` : 'word',
                length: m[0].length, value: m[0] };
        } else {
            token = { kind: rest[0], length: 1 };
        }
        i += token.length;
        list.push(token);
    }
    return list;
}


/* ---- the checks --------------------------------------------------------- */

function check(job) {
    const bad = [];
    const bytes = fs.readFileSync(job.hostile);
    const calm = fs.readFileSync(job.benign).toString('utf8');
    let text;

    try {
        text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
            .decode(bytes);
    } catch (e) {
        return ['the output is not UTF-8'];
    }

    const loose = text.match(
        /[\0-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]/);

    if (loose) {
        bad.push(`U+${loose[0].charCodeAt(0).toString(16)} in the output`);
    }

    const images = !/about:invalid/.test(text)
        && (text.match(/<img/g) || []).length
            === (calm.match(/<img/g) || []).length;
    const count = (s, c) => s.split(c).length;

    for (const c of images ? ['<', '>'] : []) {
        if (count(text, c) !== count(calm, c)) {
            bad.push(`${count(text, c) - count(calm, c)} times ${c} more`);
        }
    }

    const a = page(text);
    const b = page(calm);

    if (shape(a, images) !== shape(b, images)) {
        bad.push('other elements or attributes');
    }

    const cssOf = (dom) => tree.findAll((n) => n.tagName === 'style',
        dom.childNodes).map((n) => cssTokens(textOf(n))
        .map((t) => t.kind).join(' ')).join('\n');

    if (cssOf(a) !== cssOf(b)) {
        bad.push('other tokens in a style');
    }

    const expected = (n, k) => {
        const of = numberOf(n) ? job.items[numberOf(n) - 1] : job.fragment;
        let raw = decode(of[k]);

        if (k === 'category') {
            raw = raw.slice(raw.lastIndexOf(' > ') < 0 ? 0
                : raw.lastIndexOf(' > ') + 3);
        }
        return plain(raw);
    };
    const same = (n, k, value, where) => {
        const form = job.loose
            ? (text) => text.replace(/[\s\u007f-\u009f\ufeff]+/g, '')
                .slice(0, 2000)
            : (text) => text;

        /* a catalogue takes > in it for the next level */
        if (job.loose && k === 'category') {
            return;
        }
        if (form(plain(value)) !== form(expected(n, k))) {
            bad.push(`${k} ${where}: ${JSON.stringify(value.slice(0, 80))}`
                + ` for ${JSON.stringify(expected(n, k).slice(0, 80))}`);
        }
    };

    for (const n of tree.findAll(() => true, a.childNodes)) {
        for (const { name, value } of n.attrs) {
            if (name === 'data-k') {
                same(n, value, textOf(n), 'as text');
            } else if (name.startsWith('data-is-')) {
                same(n, name.slice('data-is-'.length), value, 'as attribute');
            } else if (name === 'data-json') {
                const json = JSON.parse(textOf(n));

                Object.keys(json).forEach((k) => same(n, k, json[k],
                    'in JSON'));
            } else if (name === 'data-css') {
                const strings = cssTokens(textOf(n))
                    .filter((t) => t.kind === 'string');

                value.split(' ').forEach((k, i) => same(n, k,
                    strings[i] ? strings[i].value : '', 'in CSS'));
            } else if (URLS.includes(name) && value !== 'about:invalid') {
                if (!['http:', 'https:'].includes(protocol(value))) {
                    bad.push(`${name} is ${value.slice(0, 80)}`);
                }
            } else if (/^on/.test(name)) {
                bad.push(`there is ${name}`);
            }
        }
    }
    return bad;
}


readline.createInterface({ input: process.stdin }).on('line', (line) => {
    let bad;

    try {
        bad = check(JSON.parse(line));
    } catch (e) {
        bad = [`${e.name}: ${e.message}`];
    }
    process.stdout.write(`${JSON.stringify({ bad })}\n`);
});
