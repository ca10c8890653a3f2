// What a visitor does, and what is booked: see visit.t.

import { readFileSync } from 'node:fs';

import { base, cards, done, links, status, test, until }
    from './lib/browser.mjs';

const SLOW = 350;               // ms: a click sooner than 300 earns nothing


function sum(s) {
    const slots = Object.values(s.slots);

    return {
        clicks: slots.reduce((n, x) => n + x.clicks, 0),
        impressions: slots.reduce((n, x) => n + x.impressions, 0),
        dropped: Object.entries(s.dropped).filter(([k]) => /^click_/.test(k))
            .reduce((n, [, x]) => n + x, 0),
    };
}


// what was booked since `before`, as soon as `wanted` of it is there
async function booked(before, wanted) {
    let now;

    await until(async () => {
        now = sum(await status());

        return Object.keys(wanted).every((k) =>
            now[k] - before[k] >= wanted[k]);
    }, JSON.stringify(wanted)).catch(() => {});

    return Object.fromEntries(Object.keys(wanted).map((k) =>
        [k, now[k] - before[k]]));
}


// as a person: not in the first 300 ms of the page
async function click(page, link, options) {
    await page.waitForFunction((ms) => performance.now() > ms, SLOW);
    await link.click(options);
}


async function landed(t, page, item, where) {
    await page.waitForURL((u) => u.pathname === `/p/${item}`);
    await page.waitForLoadState();
    t.is(await page.locator('h1').count(), 1, `${where}: the page is there`);
    t.ok(await cards(page).first().isVisible(), `${where}: with its offers`);
}

const asked = () => readFileSync(`${process.env.XSELL_DEMO_DIR}/shop.log`,
    'utf8');


await test('a page with offers is an impression of each slot', async (t) => {
    const before = sum(await status());
    const page = await t.visit('/p/DUN-03');
    const slots = await page.locator('[data-xsell-slot]').count();

    t.is(await booked(before, { impressions: slots, clicks: 0 }),
        { impressions: slots, clicks: 0 }, 'booked');
});


await test('no item twice on a page, nor the page\'s own', async (t) => {
    const page = await t.visit('/p/WAV-02');
    const ids = await cards(page).evaluateAll((all) => all.map((e) =>
        e.dataset.xsellItem));

    t.ok(ids.length > 3, 'offers', ids);
    t.is(new Set(ids).size, ids.length, 'no repeats');
    t.ok(!ids.includes('WAV-02'), 'not itself', ids);
});


await test('a click is booked once; back, forth, reload', async (t) => {
    const page = await t.visit('/p/BAU-02');
    const before = sum(await status());
    const card = cards(page).nth(1);
    const item = await card.getAttribute('data-xsell-item');
    const from = page.url();

    await click(page, card.locator('a').first());
    await landed(t, page, item, 'click');
    t.is(await booked(before, { clicks: 1, dropped: 0 }),
        { clicks: 1, dropped: 0 }, 'booked once');

    // the parameter stays where the browser has it, and goes no further
    t.ok(/[?&]xs=[\w-]{31}$/.test(page.url()), 'the address bar', page.url());
    t.ok(!/[?&]xs=/.test(asked()), 'the shop saw no parameter');

    await page.goBack();
    t.is(page.url(), from, 'back');
    t.ok(await cards(page).first().isVisible(), 'trap 75: back: offers');
    await page.goForward();
    await landed(t, page, item, 'forth');
    await page.reload();
    await landed(t, page, item, 'reload');

    // a view of another page is learned after all of these
    await page.goto(`${base}/p/BAU-09`);
    t.is((await booked(before, { clicks: 1, impressions: 4 })).clicks, 1,
        'still once');
});


await test('back keeps the place on the page', async (t) => {
    const page = await t.visit('/p/INK-02', { height: 500 });
    const card = cards(page).first();

    await card.scrollIntoViewIfNeeded();

    const y = await page.evaluate(() => scrollY);

    await click(page, card.locator('a').first());
    await page.waitForURL(/xs=/);
    await page.goBack();
    await until(() => page.evaluate((y) => Math.abs(scrollY - y) < 2, y),
        'the same place');
    t.ok(y > 0, 'it was scrolled', y);
    t.is(await page.evaluate(() => window.shifts), [], 'nothing moves');
});


await test('a link in a new tab', async (t) => {
    const page = await t.visit('/p/MOS-02');
    const before = sum(await status());
    const card = cards(page).first();
    const item = await card.getAttribute('data-xsell-item');
    const opened = page.context().waitForEvent('page');

    await click(page, card.locator('a').first(), { button: 'middle' });
    await landed(t, await opened, item, 'tab');
    t.is(await booked(before, { clicks: 1 }), { clicks: 1 }, 'booked');
});


await test('a shared link is nobody\'s click', async (t) => {
    const page = await t.visit('/p/CIT-02');
    const href = await links(page).first().getAttribute('href');
    const before = sum(await status());
    const other = await t.visit(href);

    t.is(await other.locator('h1').count(), 1, 'the page is there');
    t.is(await booked(before, { dropped: 1, clicks: 0 }),
        { dropped: 1, clicks: 0 }, 'not booked');
});


await test('without script a click counts as well', async (t) => {
    const page = await (await t.visitor({ javaScriptEnabled: false }))
        .newPage();

    await page.goto(`${base}/p/NIG-02`);

    const card = cards(page).first();
    const item = await card.getAttribute('data-xsell-item');
    const before = sum(await status());

    // no clock of the page to ask: the counters are, until it is old enough
    const end = Date.now() + SLOW;

    await until(() => Date.now() > end, 'a person\'s pace');
    await card.locator('a').first().click();
    await landed(t, page, item, 'click');
    t.is(await booked(before, { clicks: 1 }), { clicks: 1 }, 'booked');
});


await test('who said no is not followed', async (t) => {
    for (const consent of ['no', '']) {
        const page = await t.visit('/p/OPA-02', { consent });
        const names = (await page.context().cookies()).map((c) => c.name);

        t.ok(await cards(page).first().isVisible(), 'offers all the same');
        t.is(names.filter((n) => /xs_/.test(n)), [], 'no cookie of ours');
        t.ok(!/[?&]xs=/.test(await links(page).first().getAttribute('href')),
            'plain links');
    }
});


await test('yes at the foot of the page, and no again', async (t) => {
    const page = await t.visit('/p/SUP-02', { consent: '' });
    const ours = async () => (await page.context().cookies()).filter((c) =>
        /xs_/.test(c.name)).length;

    await page.getByRole('button', { name: 'Yes, remember' }).click();
    await until(async () => await ours() === 1, 'the cookie');
    t.is(new URL(page.url()).pathname, '/p/SUP-02', 'the same page');
    await page.getByRole('button', { name: 'No, thanks' }).click();
    await until(async () => await ours() === 0, 'no cookie');
});


await test('what is in the cart is not offered again', async (t) => {
    const page = await t.visit('/p/BOT-02');
    const item = await cards(page).first().getAttribute('data-xsell-item');

    await click(page, links(page).first());
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.waitForURL(`${base}/cart`);
    t.ok(await cards(page, 'cart').count() > 0, 'the cart has offers');

    for (const path of ['/cart', '/p/BOT-02', '/']) {
        await page.goto(base + path);

        const ids = await cards(page).evaluateAll((all) => all.map((e) =>
            e.dataset.xsellItem));

        t.ok(ids.length > 0 && !ids.includes(item), `not on ${path}`, ids);
    }

    await page.goto(`${base}/checkout`);
    t.is(await cards(page).count(), 0, 'the checkout has no offers');
    await page.getByRole('button', { name: 'Place the order' }).click();
    await page.waitForURL(/thanks/);
    t.is(await page.locator('h1').textContent(), 'Thank you', 'ordered');
});


await test('a template\'s own form puts an offer into the cart', async (t) => {
    const page = await t.visit('/p/SUP-04');

    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.waitForURL(`${base}/cart`);

    const before = (await status()).events.cart;
    const item = await cards(page, 'cart').first()
        .getAttribute('data-xsell-item');

    await cards(page, 'cart').first().getByRole('button').click();
    await page.locator('.lines li').nth(1).waitFor();
    t.is(new URL(page.url()).pathname, '/cart', 'the cart again');
    t.is(await page.locator(`.lines a[href="/p/${item}"]`).count(), 2,
        'it is in it: picture and name');
    await until(async () => (await status()).events.cart === before + 1,
        'the cart is told');
});


await test('a page without the place stays as it is', async (t) => {
    const page = await t.visit('/privacy');
    const own = await fetch(`${base}/privacy`).then((r) => r.text());

    t.is(await cards(page).count(), 0, 'no offers');
    t.ok(!own.includes('xsell-slot'), 'nothing of ours in it');
});

await test('the demo says why, and what has changed', async (t) => {
    const page = await t.visit('/p/BOT-01');
    const why = page.locator('#why');
    const ids = () => page.locator('[data-xsell-slot=related]'
        + ' [data-xsell-item]').evaluateAll((all) => all.map((e) =>
        e.dataset.xsellItem));
    const before = await ids();

    await why.locator('summary').click();
    t.is(await why.locator('section').count(),
        await page.locator('[data-xsell-slot]').count(), 'each place');
    t.is(await why.locator('.reason').first().textContent(),
        await page.locator('.xs-why').first().textContent(), 'its reasons');
    await until(() => why.getByText('What the shop goes by: 1 product')
        .count(), 'what is stored');

    for (const sku of ['NIG-02', 'NIG-05', 'NIG-07']) {
        await page.goto(`${base}/p/${sku}`);
    }

    await page.goto(`${base}/p/BOT-01`);

    const after = await ids();
    const fresh = after.filter((id) => !before.includes(id)).length;

    await why.locator('summary').click();
    t.is(await why.locator('section').first().locator('.new').count(), fresh,
        'what is new');
    t.ok(/^(Since you were here|The same as)/.test(
        await why.locator('summary span').textContent()), 'in one line');
    t.is(await why.getByText(/In between: you looked at “.*”;.*;/).count(), 1,
        'and what was done');
});


await done();
