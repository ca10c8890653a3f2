'use strict';

/*
 * tree.js: documents as a browser's parser builds them, for the tests of this
 * folder: parse5 (the tree construction of the HTML specification, scripting
 * on) and css-select on parse5's own tree.
 *
 * Pages are byte strings ("latin1": a character is a byte), whatever their
 * encoding: offsets are those of the bytes, and no byte that means something
 * to the parser changes.  A byte order mark, which the decoder takes in a
 * browser, is cut off here.
 *
 * Where parse5 and Chrome (156) build other trees: Chrome keeps most of what
 * stands in <select>; it makes a processing instruction of <?x>, not a
 * comment; it flattens what is deeper than 512 elements; and to parse5
 * </desc> ends an svg <desc> with an open <b> in it, which the specification
 * ignores.  Of the fixtures that is select-stray.html alone.
 */

const parse5 = require('parse5');
const css = require('css-select');

const BOM = '\xef\xbb\xbf';


function parse(page, locations) {
    const skip = page.startsWith(BOM) ? BOM.length : 0;
    const dom = parse5.parse(page.slice(skip), {
        sourceCodeLocationInfo: Boolean(locations),
        scriptingEnabled: true,
    });

    dom.skip = skip;
    return dom;
}


function fragment(html) {
    return parse5.parseFragment(html).childNodes;
}


const isTag = (n) => n.tagName !== undefined;
const children = (n) => n.childNodes || [];

/* in document order; contents of <template> are in no document */
function findOne(test, nodes) {
    for (const n of nodes) {
        if (!isTag(n)) {
            continue;
        }
        const found = test(n) ? n : findOne(test, n.childNodes);
        if (found) {
            return found;
        }
    }
    return null;
}

function findAll(test, nodes, into = []) {
    for (const n of nodes) {
        if (isTag(n)) {
            if (test(n)) {
                into.push(n);
            }
            findAll(test, n.childNodes, into);
        }
    }
    return into;
}

function attribute(n, name) {
    const a = n.attrs.find((x) => x.name === name);
    return a && a.value;
}

const adapter = {
    isTag,
    findOne,
    findAll,
    existsOne: (test, nodes) => findOne(test, nodes) !== null,
    getAttributeValue: attribute,
    hasAttrib: (n, name) => attribute(n, name) !== undefined,
    getChildren: children,
    getName: (n) => n.tagName,
    getParent: (n) => n.parentNode || null,
    getSiblings: (n) => (n.parentNode ? n.parentNode.childNodes : [n]),
    getText: (n) => n.value || children(n).map(adapter.getText).join(''),
    removeSubsets: (nodes) => nodes,
    equals: (a, b) => a === b,
};

/* the bytes of a selector stand for themselves, as those of the page do */
const bytes = (text) => Buffer.from(text, 'utf8').toString('latin1');

const compiled = new Map();

function first(dom, selector) {
    let test = compiled.get(selector);

    if (test === undefined) {
        test = css.compile(bytes(selector), { adapter, cacheResults: false });
        compiled.set(selector, test);
    }
    return css.selectOne(test, dom.childNodes,
        { adapter, cacheResults: false });
}


/* puts nodes where a slot has them; returns how to undo it */
function put(position, target, nodes) {
    const parent = position === 'prepend' || position === 'append'
        ? target : target.parentNode;
    const kept = parent.childNodes;
    const list = kept.slice();
    const i = list.indexOf(target);

    switch (position) {
    case 'before': list.splice(i, 0, ...nodes); break;
    case 'after': list.splice(i + 1, 0, ...nodes); break;
    case 'prepend': list.unshift(...nodes); break;
    case 'append': list.push(...nodes); break;
    case 'replace': list.splice(i, 1, ...nodes); break;
    default: throw new Error(`no such position: ${position}`);
    }
    parent.childNodes = list;
    return () => { parent.childNodes = kept; };
}


/* adjacent texts are one, empty ones none */
function merged(nodes) {
    const out = [];
    let text = null;

    for (const n of nodes) {
        if (n.nodeName !== '#text') {
            text = null;
            out.push(n);
        } else if (text) {
            text.value += n.value;
        } else if (n.value !== '') {
            text = { nodeName: '#text', value: n.value };
            out.push(text);
        }
    }
    return out;
}

function name(n) {
    return n === undefined ? 'nothing'
        : n.nodeName === '#text' || n.nodeName === '#comment'
            ? `${n.nodeName} ${JSON.stringify((n.value || n.data || '')
                .slice(0, 30))}` : `<${n.nodeName}>`;
}

function ownDifference(a, b) {
    if (a.nodeName !== b.nodeName || a.namespaceURI !== b.namespaceURI) {
        return `${name(a)} for ${name(b)}`;
    }
    if (a.value !== b.value || a.data !== b.data) {
        return `${name(a)} for ${name(b)}`;
    }
    if (a.nodeName === '#documentType'
        && (a.name !== b.name || a.publicId !== b.publicId
            || a.systemId !== b.systemId)) {
        return 'another doctype';
    }
    if (a.mode !== b.mode) {
        return `mode ${a.mode} for ${b.mode}`;
    }
    if (a.attrs) {
        if (a.attrs.length !== b.attrs.length) {
            return `other attributes of ${name(a)}`;
        }
        for (let i = 0; i < a.attrs.length; i++) {
            const x = a.attrs[i];
            const y = b.attrs[i];
            if (x.name !== y.name || x.value !== y.value
                || x.namespace !== y.namespace) {
                return `attribute ${x.name} of ${name(a)}`;
            }
        }
    }
    return null;
}

/* null, or where a is not b, with the way down; no recursion: pages nest
   deeply */
function difference(a, b) {
    const todo = [[a, b, '']];

    while (todo.length > 0) {
        const [x, y, path] = todo.pop();
        const own = ownDifference(x, y);

        if (own) {
            return `${own} at ${path || '/'}`;
        }
        if (x.content) {
            todo.push([x.content, y.content, `${path}/content`]);
        }
        if (x.childNodes) {
            const p = merged(x.childNodes);
            const q = merged(y.childNodes);
            const n = Math.max(p.length, q.length);

            for (let i = 0; i < n; i++) {
                if (p[i] === undefined || q[i] === undefined) {
                    return `${name(p[i])} for ${name(q[i])} in `
                        + `${path}/${x.nodeName}`;
                }
            }
            for (let i = n - 1; i >= 0; i--) {
                todo.push([p[i], q[i], `${path}/${x.nodeName}`]);
            }
        }
    }
    return null;
}


module.exports = {
    parse, fragment, first, put, difference, findAll, attribute, isTag,
};
