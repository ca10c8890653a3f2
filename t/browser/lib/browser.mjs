// What the browser tests share: Chromium, TAP, and a page that remembers
// everything it complained about.
//
//     import { base, test, visit, done } from './lib/browser.mjs';
//
//     await test('cards have a size', async (t) => {
//         const page = await t.visit('/p/BAU-01', { width: 360 });
//         t.ok(..., 'name');
//     });
//     await done();
//
// Each test has visitors (browser contexts) of its own.  When it ends they are
// asked for console messages, exceptions, broken policies and failed requests:
// any of these fails the test, whatever it was about.
//
// Nothing sleeps: `until` asks again until the answer is yes or 30 s are over.
// Chromium is Debian's: playwright-core brings no browser, and a test that
// finds none fails.

import { chromium } from 'playwright-core';

export const base = process.env.XSELL_DEMO;
export const executable = process.env.XSELL_CHROMIUM || '/usr/bin/chromium';

const PATIENCE = 30000;         // ms for any single wait

let browser;
let count = 0;
let failed = 0;


export async function launch() {
    browser ||= await chromium.launch({
        executablePath: executable,
        chromiumSandbox: process.getuid() !== 0,   // root has no sandbox
        timeout: 60000,
    });

    return browser;
}


// until(ask, what): the first true answer of ask(); throws after PATIENCE
export async function until(ask, what, patience = PATIENCE) {
    const end = Date.now() + patience;
    let answer;

    for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
        answer = await ask();

        if (answer) {
            return answer;
        }
        if (Date.now() > end) {
            throw new Error(`waited in vain: ${what}`);
        }

        await new Promise((next) => setTimeout(next, pause));
    }
}


// the shop's counters, as /status has them
export async function status() {
    return (await fetch(`${base}/status`)).json();
}


// every complaint of a page ends up in `complaints`
async function listen(context, complaints) {
    await context.addInitScript(() => {
        window.shifts = [];
        window.broken = [];

        document.addEventListener('securitypolicyviolation', (e) => {
            window.broken.push(`${e.violatedDirective} ${e.blockedURI}`);
        });

        new PerformanceObserver((list) => {
            for (const e of list.getEntries()) {
                if (!e.hadRecentInput) {
                    window.shifts.push({
                        value: e.value,
                        nodes: e.sources.map((s) => s.node
                            && (s.node.className || s.node.nodeName)),
                    });
                }
            }
        }).observe({ type: 'layout-shift', buffered: true });
    });

    context.on('console', (m) => {
        if (['error', 'warning', 'assert'].includes(m.type())) {
            complaints.push(`console ${m.type()}: ${m.text()}`);
        }
    });
    context.on('weberror', (e) => {
        complaints.push(`exception: ${e.error()}`);
    });
    context.on('requestfailed', (r) => {
        // what a navigation cut off was not wanted any more
        if (r.failure()?.errorText !== 'net::ERR_ABORTED') {
            complaints.push(`${r.url()}: ${r.failure()?.errorText}`);
        }
    });
    context.on('response', (r) => {
        if (r.status() >= 400) {
            complaints.push(`${r.url()}: ${r.status()}`);
        }
    });
}


// a test's visitors, and what was wrong with it
class Visit {
    constructor() {
        this.contexts = [];
        this.complaints = [];
        this.problems = [];
    }

    // ok(condition, name, what was seen): a failure goes on
    ok(condition, name, seen) {
        if (!condition) {
            this.problems.push(seen === undefined ? name
                : `${name}: ${JSON.stringify(seen)}`);
        }
    }

    is(got, wanted, name) {
        this.ok(JSON.stringify(got) === JSON.stringify(wanted), name,
            { got, wanted });
    }

    // a visitor: width, height, zoom, consent ('yes', 'no' or ''), cookies,
    // and whatever a browser context knows (colorScheme, javaScriptEnabled)
    async visitor({ width = 1280, height = 900, zoom = 1, consent = 'yes',
        ...more } = {})
    {
        // zoom is a smaller window with more dots a pixel
        const context = await (await launch()).newContext({
            viewport: {
                width: Math.round(width / zoom),
                height: Math.round(height / zoom),
            },
            deviceScaleFactor: zoom,
            locale: 'en-GB',
            ...more,
        });

        this.contexts.push(context);
        context.setDefaultTimeout(PATIENCE);
        await listen(context, this.complaints);

        if (consent) {
            await context.addCookies([{ name: 'cookie_consent',
                value: consent, url: base }]);
        }

        return context;
    }

    // a visitor's first page
    async visit(path, more) {
        const page = await (await this.visitor(more)).newPage();

        await page.goto(base + path);

        return page;
    }

    async end() {
        for (const context of this.contexts) {
            for (const page of context.pages()) {
                const broken = await page.evaluate(() => window.broken)
                    .catch(() => []);

                this.complaints.push(...(broken || []).map((b) =>
                    `policy: ${b}`));
            }

            await context.close();
        }

        this.problems.push(...this.complaints);
    }
}


export async function test(name, run) {
    const t = new Visit();

    try {
        await run(t);
    } catch (e) {
        t.problems.push(e.stack || String(e));
    }

    await t.end().catch((e) => t.problems.push(String(e)));
    count++;
    console.log(`${t.problems.length ? 'not ok' : 'ok'} ${count} - ${name}`);

    if (t.problems.length) {
        failed++;
        console.log(t.problems.join('\n').replace(/^/gm, '#   '));
    }
}


export async function done() {
    await browser?.close();
    console.log(`1..${count}`);
    process.exitCode = failed ? 1 : 0;
}


// the fragments' links, in the order of the page
export const links = (page, slot) => page.locator(slot
    ? `[data-xsell-slot="${slot}"] [data-xsell-item] a`
    : '[data-xsell-item] a');

export const cards = (page, slot) => page.locator(slot
    ? `[data-xsell-slot="${slot}"] [data-xsell-item]`
    : '[data-xsell-item]');
