'use strict';

/*
 * dom.js: judges what the rewriter made of pages.  One JSON object a line in,
 * one a line out; dom.t says which and counts.
 *
 *   { in, out, with, rc, position, selector }
 *   { verdict, why }
 *
 *   right    the tree of `out` is that of `in` with the fragment in its place,
 *            and its other bytes are those of `in`
 *   absent   no element matches, and `out` is `in`
 *   refused  the page can't be served by putting bytes anywhere
 *   missed   it could: `why` says where
 *   undone   wrong in the end, but right by what had been read when the
 *            fragment went in and a tag more: later tags move what was before
 *   wrong    anything else
 *
 * { in, selectors } asks which of them match: { present: [...] }.
 */

const fs = require('fs');
const readline = require('readline');
const tree = require('./tree.js');

const read = (file) => fs.readFileSync(file).toString('latin1');
/* what the rewriter may write before a fragment */
const TAGS = /(?:<\/[a-z][a-z0-9]*>|<body>)*$/;

let last = {};          /* of the last page: most lines are about the same */


function pageOf(file) {
    if (last.file !== file) {
        last = { file, bytes: read(file) };
        last.dom = tree.parse(last.bytes, true);
    }
    return last;
}


/* null, or how the output differs from the page with the fragment put */
function compare(page, out, position, target, nodes) {
    const undo = tree.put(position, target, nodes);
    const why = tree.difference(tree.parse(out, false), page.dom);

    undo();
    return why;
}


/* null, or what is wrong with the bytes that are not the fragments': tags may
   stand before one, and one that replaces may stand for some */
function outside(bytes, out, html, position) {
    const [before, after, more] = out.split(html);

    if (after === undefined || more !== undefined) {
        return 'no fragment, or more than one';
    }

    /* the longest beginning that is the page's */
    const tags = TAGS.exec(before)[0].match(/<[^>]*>/g) || [];
    let own = before;

    for (; tags.length > 0 && !bytes.startsWith(own); tags.pop()) {
        own = own.slice(0, -tags[tags.length - 1].length);
    }
    if (!bytes.startsWith(own)) {
        return 'bytes before the fragment changed';
    }

    const at = position === 'replace' ? bytes.length - after.length
        : own.length;

    return at >= own.length && bytes.slice(at) === after
        ? null : 'bytes after the fragment changed';
}


/* ---- what could be known --------------------------------------------- */

/* the page up to an offset; the tag that it ends in, if any, completed */
function upTo(page, n) {
    return ['', '>', '">', '\'>'].map((end) => ({ end,
        dom: tree.parse(page.bytes.slice(0, n) + end, true) }));
}

function begin(dom, n) {
    return n.sourceCodeLocation
        ? n.sourceCodeLocation.startOffset + dom.skip : -1;
}

/* where the element begins that matched when its start tag had been read: who
   reads on may find another one before it, or that it is none any more */
function taken(page, selector, n) {
    for (let i = page.bytes.indexOf('>'); i >= 0 && i < n;
        i = page.bytes.indexOf('>', i + 1)) {
        const dom = tree.parse(page.bytes.slice(0, i + 1), true);
        const target = tree.first(dom, selector);

        if (target) {
            return begin(dom, target);
        }
    }
    for (const { dom } of upTo(page, n)) {
        const target = tree.first(dom, selector);

        if (target) {
            return begin(dom, target);
        }
    }
    return null;
}


/* the fragment is where it is to be in what of the page had been read: up to
   the fragment, or with the tag that follows it */
function rightSoFar(page, out, html, { position, selector }, nodes, from) {
    const at = out.indexOf(html) + html.length;
    const rest = out.length - at;               /* as much as in the page */
    const tag = out.indexOf('>', at) + 1 - at;
    const next = tag > 0 ? tag : rest;
    const own = position === 'prepend' || (position === 'after'
        && /<\/[^<>]*>$/.test(page.bytes.slice(0, -rest || undefined)));
    const more = own ? [0] : position === 'before' ? [next] : [0, next];

    return more.every((n) =>
        upTo(page, page.bytes.length - rest + n).some((cut) => {
            const target = from === undefined ? tree.first(cut.dom, selector)
                : tree.findAll((x) => begin(cut.dom, x) === from,
                    cut.dom.childNodes)[0];

            return target && (cut.end === '' || n === rest)
                && compare(cut, out.slice(0, at + n) + cut.end,
                    position, target, nodes) === null;
        }));
}


/* what was cut out is the bytes of an element: what hangs elsewhere in the
   tree, or came into it from elsewhere, no inserter could spare */
function ownBytes(page, out, html, from) {
    const at = out.indexOf(html);
    const to = page.bytes.length - (out.length - at - html.length);

    if (from === null || out.slice(0, from) !== page.bytes.slice(0, from)
        || TAGS.exec(out.slice(from, at)).index > 0) {
        return false;
    }

    for (const { dom } of [{ dom: page.dom }, ...upTo(page, to)]) {
        const [n] = tree.findAll((x) => begin(dom, x) === from,
            dom.childNodes);

        if (n) {
            const end = n.sourceCodeLocation.endOffset + dom.skip;

            return dom === page.dom ? end === to : end >= to;
        }
    }
    return false;
}


/* nobody could know better when the bytes went by */
function blameless(page, out, html, job, nodes) {
    const at = out.indexOf(html) + html.length;
    const end = page.bytes.length - (out.length - at);

    if (job.position === 'replace') {
        return ownBytes(page, out, html, taken(page, job.selector, end + 1));
    }
    if (rightSoFar(page, out, html, job, nodes)) {
        return true;
    }

    const from = taken(page, job.selector, end + 1);

    return from !== null && rightSoFar(page, out, html, job, nodes, from);
}


/* the end of <body> is its first end tag, though text and elements that come
   later still go into it */
function appendedToBody(page, out, html, nodes) {
    const dom = tree.parse(out, false);
    const name = nodes[0].tagName;
    const found = tree.findAll((n) => n.tagName === name
        && tree.attribute(n, 'class') === 'xs', dom.childNodes);

    for (const n of found) {
        n.parentNode.childNodes = n.parentNode.childNodes
            .filter((c) => c !== n);
    }
    return found.length === 1 && found[0].parentNode.tagName === 'body'
        && tree.difference(dom, page.dom) === null
        && rightSoFar(page, out, html,
            { position: 'append', selector: 'body' }, nodes);
}


/* ---- what an inserter could do that has read the whole page ------------- */

function ends(n) {
    const at = n && n.sourceCodeLocation;

    return at ? [at.endOffset, at.endTag && at.endTag.startOffset,
        at.startOffset, at.startTag && at.startTag.endOffset] : [];
}


/* offsets worth a try, the likely ones first */
function offsets(page, position, target) {
    const at = target.sourceCodeLocation;
    const siblings = target.parentNode.childNodes;
    const i = siblings.indexOf(target);
    const inner = target.childNodes;
    const list = [];

    if (position === 'before') {
        list.push(at && at.startOffset, ends(siblings[i - 1])[0]);
        list.push(ends(target.parentNode)[3]);

    } else if (position === 'after') {
        list.push(at && at.endOffset, ends(siblings[i + 1])[2]);
        list.push(ends(target.parentNode)[1], ends(target.parentNode)[0]);

    } else if (position === 'prepend') {
        list.push(at && at.startTag && at.startTag.endOffset);
        list.push(ends(inner[0])[2], at && at.endOffset);

    } else {
        list.push(at && at.endTag && at.endTag.startOffset);
        list.push(at && at.endOffset, ends(inner[inner.length - 1])[0]);
        list.push(page.bytes.length - page.dom.skip);
    }

    return [...new Set(list)].filter((x) => Number.isInteger(x));
}


/* end tags that may have to be written first */
function closes(position, target) {
    const siblings = target.parentNode.childNodes
        .filter((n) => tree.isTag(n) || n === target);
    const before = siblings[siblings.indexOf(target) - 1];
    const list = [''];

    if (position === 'after') {
        list.push(`</${target.tagName}>`);
    } else if (position === 'prepend' && target.tagName === 'body') {
        list.push('<body>');
    } else if (before && (position === 'before' || position === 'replace')) {
        list.push(`</${before.tagName}>`);
    }
    return list;
}


function attempts(page, position, target) {
    const list = [];

    for (const close of closes(position, target)) {
        if (position === 'replace') {
            const at = target.sourceCodeLocation;

            if (at) {
                list.push([at.startOffset, at.endOffset, close]);
            }
            continue;
        }
        for (const x of offsets(page, position, target)) {
            list.push([x, x, close]);
        }
    }
    return list;
}


/* '' if no bytes at any of them make the tree, else which ones do */
function satisfiable(page, position, target, html, nodes) {
    const { bytes, dom } = page;

    for (const [from, to, close] of attempts(page, position, target)) {
        const out = bytes.slice(0, dom.skip + from) + close + html
            + bytes.slice(dom.skip + to);

        if (compare(page, out, position, target, nodes) === null) {
            return `${close}fragment at ${dom.skip + from}`
                + (to > from ? ` to ${dom.skip + to}` : '');
        }
    }
    return '';
}


/* ---- verdicts ----------------------------------------------------------- */

function judge(job) {
    const page = pageOf(job.in);

    if (job.selectors) {
        return { present: job.selectors.map((selector) =>
            tree.first(page.dom, selector) !== null) };
    }

    const { position, selector } = job;
    const html = read(job.with);
    const out = read(job.out);
    const nodes = tree.fragment(html);
    const target = tree.first(page.dom, selector);

    if (job.rc === 0) {
        const bytes = outside(page.bytes, out, html, position);
        const why = bytes || (target ? compare(page, out, position, target,
            nodes) : 'served, but nothing matches');

        if (!why || (!bytes && position === 'append' && target
            && target.tagName === 'body'
            && appendedToBody(page, out, html, nodes))) {
            return { verdict: 'right' };
        }

        return { why, verdict: !bytes
            && blameless(page, out, html, job, nodes) ? 'undone' : 'wrong' };
    }

    if (job.rc !== 3) {
        return { verdict: 'wrong', why: `exit code ${job.rc}` };
    }
    if (out !== page.bytes) {
        return { verdict: 'wrong', why: 'refused, but the page changed' };
    }
    if (target === null) {
        return { verdict: 'absent' };
    }

    const why = satisfiable(page, position, target, html, nodes);

    return why ? { verdict: 'missed', why } : { verdict: 'refused' };
}


readline.createInterface({ input: process.stdin }).on('line', (line) => {
    let answer;

    try {
        answer = judge(JSON.parse(line));
    } catch (e) {
        answer = { verdict: 'wrong', why: `judge: ${e.stack}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
});
