// Where things are: see layout.t.

import { base, cards, done, test, until } from './lib/browser.mjs';

// a product first: the other pages offer by what was looked at
const PAGES = { product: '/p/BAU-01', home: '/', section: '/style/dunes' };


// calls each(page, name) with every page, as one visitor sees them
async function tour(t, options, each) {
    const page = await (await t.visitor(options)).newPage();

    for (const [name, path] of Object.entries(PAGES)) {
        await page.goto(base + path);
        await each(page, name);
    }
}


// what Chromium laid out, after every picture in the window has loaded
async function measure(page, slot) {
    await cards(page, slot).first().scrollIntoViewIfNeeded();
    await until(() => page.evaluate(() => {
        const near = [...document.querySelectorAll('.xs img')].filter((i) => {
            const b = i.getBoundingClientRect();

            return b.bottom > 0 && b.top < innerHeight && b.right > 0
                && b.left < innerWidth;
        });

        return near.length > 0 && near.every((i) => i.complete);
    }), 'the pictures in the window');

    return page.evaluate((slot) => {
        const root = document.querySelector(slot
            ? `[data-xsell-slot="${slot}"]` : '[data-xsell-slot]');
        const box = (e) => {
            const { x, y, width, height } = e.getBoundingClientRect();

            return { x, y, width, height };
        };
        const track = root.querySelector('.xs-track');
        const items = [...root.querySelectorAll('[data-xsell-item]')];

        return {
            window: document.documentElement.clientWidth,
            wide: document.documentElement.scrollWidth,
            root: box(root),
            cards: items.map(box),
            links: items.map((i) => box(i.querySelector('a'))),
            titles: items.map((i) => {
                const e = i.querySelector('.xs-title');

                return { text: e.textContent, cut: e.scrollWidth
                    > e.clientWidth + 1 && e.clientWidth > 0 };
            }),
            broken: [...root.querySelectorAll('img')].filter((i) =>
                i.complete && i.naturalWidth === 0).map((i) => i.src),
            track: track && { ...box(track), scroll: track.scrollWidth,
                client: track.clientWidth, overflow:
                    getComputedStyle(track).overflowX },
            styled: getComputedStyle(root).containerType,
        };
    }, slot);
}


const overlap = (a, b) => Math.min(a.x + a.width, b.x + b.width)
        - Math.max(a.x, b.x) > 1
    && Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 1;


function sane(t, m, where) {
    t.is(m.styled, 'inline-size', `${where}: the stylesheet is there`);
    t.ok(m.cards.length >= 3, `${where}: cards`, m.cards.length);
    t.ok(m.cards.every((c) => c.width >= 64 && c.height >= 64),
        `${where}: every card has a size`, m.cards);
    t.ok(m.links.every((l) => l.width >= 24 && l.height >= 16),
        `${where}: every link can be hit`, m.links);
    t.is(m.broken, [], `${where}: every picture loads`);
    t.ok(m.wide <= m.window, `${where}: the page does not scroll sideways`,
        { wide: m.wide, window: m.window });
    t.ok(m.root.x >= 0 && m.root.x + m.root.width <= m.window + 0.5,
        `${where}: the fragment is inside of the window`, m.root);

    m.cards.forEach((c, i) => m.cards.slice(i + 1).forEach((d, k) =>
        t.ok(!overlap(c, d), `${where}: cards ${i} and ${i + 1 + k} overlap`,
            [c, d])));

    if (m.track) {
        t.ok(m.cards[0].x >= 0 && m.cards[0].x + m.cards[0].width
            <= m.window + 0.5, `${where}: the first card is inside`,
            m.cards[0]);
        t.ok(m.track.scroll <= m.track.client || m.track.overflow === 'auto',
            `${where}: what is not inside can be scrolled to`, m.track);

    } else {
        t.ok(m.cards.every((c) => c.x >= -0.5 && c.x + c.width
            <= m.window + 0.5), `${where}: every card is inside`, m.cards);
    }
}


async function all(t, page, where) {
    const slots = await page.locator('[data-xsell-slot]').evaluateAll((s) =>
        s.map((e) => e.dataset.xsellSlot));

    t.ok(slots.length > 0, `${where}: a fragment is there`);

    for (const slot of slots) {
        sane(t, await measure(page, slot), `${where}, ${slot}`);
    }

    return slots;
}


for (const width of [320, 360, 768, 1280, 1920]) {
    await test(`laid out at ${width} pixels, and nothing moves`, async (t) => {
        await tour(t, { width }, async (page, name) => {
            await all(t, page, name);
            await page.locator('.foot').scrollIntoViewIfNeeded();
            t.is(await page.evaluate(() => window.shifts), [],
                `${name}: layout shifts`);
        });
    });
}


await test('zoomed to 200 and 400 per cent', async (t) => {
    for (const zoom of [2, 4]) {
        await all(t, await t.visit(PAGES.product, { zoom }), `zoom ${zoom}`);
    }
});


await test('text of twice the size', async (t) => {
    const page = await t.visit(PAGES.product, { width: 640 });

    // what a browser's own setting does
    await page.evaluate(() =>
        document.documentElement.style.setProperty('font-size', '200%'));
    await all(t, page, 'large text');
});


await test('nothing moves when the stylesheet is late', async (t) => {
    const context = await t.visitor({ width: 1280, height: 1600 });
    const page = await context.newPage();
    let held = 0;

    await page.route('**/xsell/s/*.css', async (route) => {
        held++;
        await new Promise((next) => setTimeout(next, 500));
        await route.continue();
    });
    await page.goto(base + PAGES.product);
    await measure(page);
    t.ok(held > 0, 'the stylesheet was late');
    t.is(await page.evaluate(() => window.shifts), [], 'shifts');
});


await test('pictures that never come leave their place', async (t) => {
    const context = await t.visitor();
    const page = await context.newPage();

    await page.route('**/img/*.svg', (route) => route.fulfill({
        status: 200, contentType: 'image/svg+xml', body: '' }));
    await page.goto(base + PAGES.product);

    const boxes = await page.locator('.xs-media').evaluateAll((all) =>
        all.map((e) => e.getBoundingClientRect().height));

    t.ok(boxes.length > 0 && boxes.every((h) => h > 64), 'heights', boxes);
});


await test('without script', async (t) => {
    const page = await t.visit(PAGES.product, { javaScriptEnabled: false });

    t.ok(await cards(page).first().isVisible(), 'the fragment is there');

    const box = await cards(page).first().boundingBox();

    t.ok(box && box.width > 64 && box.height > 64, 'and laid out', box);
});


await test('motion is for those who like it', async (t) => {
    for (const [reducedMotion, scroll] of [['reduce', 'auto'],
        ['no-preference', 'smooth']])
    {
        const page = await t.visit(PAGES.product, { reducedMotion });
        const style = await page.evaluate(() => ({
            scroll: getComputedStyle(document.querySelector('.xs-track'))
                .scrollBehavior,
            moves: [...document.querySelectorAll('.xs, .xs *')].filter((e) =>
                getComputedStyle(e).transitionDuration.split(', ')
                    .some((d) => parseFloat(d) > 0)
                || getComputedStyle(e).animationName !== 'none').length,
        }));

        t.is(style.scroll, scroll, `${reducedMotion}: scrolling`);
        t.ok((style.moves === 0) === (reducedMotion === 'reduce'),
            `${reducedMotion}: things that move`, style.moves);
    }
});


await test('dark and light', async (t) => {
    const seen = [];

    for (const colorScheme of ['light', 'dark']) {
        const page = await t.visit(PAGES.product, { colorScheme });

        seen.push(await page.evaluate(() => [
            getComputedStyle(document.body).backgroundColor,
            getComputedStyle(document.querySelector('.xs-title')).color]));
        await all(t, page, colorScheme);
    }

    t.ok(seen[0][0] !== seen[1][0], 'the page turns dark', seen);
    t.ok(seen[0][1] !== seen[1][1], 'and the fragment with it', seen);
});


await test('from right to left', async (t) => {
    const context = await t.visitor({ width: 768 });
    const page = await context.newPage();

    await page.route(`**${PAGES.product}`, async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replace('<html lang="en">',
            '<html lang="ar" dir="rtl">');

        await route.fulfill({ response, body });
    });
    await page.goto(base + PAGES.product);

    const m = await measure(page);

    sane(t, m, 'rtl');
    t.ok(m.cards[0].x > m.cards[1].x, 'the first card is on the right',
        m.cards.slice(0, 2));
    t.ok(Math.abs(m.cards[0].x + m.cards[0].width - m.root.x - m.root.width)
        < 12, 'at the edge', [m.cards[0], m.root]);
    t.is(await page.evaluate(() => window.shifts), [], 'nothing moves');
});

await done();
