// Keyboard and assistive technology: see access.t.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { base, cards, done, links, test, until } from './lib/browser.mjs';

const axe = readFileSync(createRequire(import.meta.url)
    .resolve('axe-core/axe.min.js'), 'utf8');
const PAGE = '/p/BAU-01';


// what has the focus: the row that scrolls, a link's item, or neither
const focused = (page) => page.evaluate(() => {
    const e = document.activeElement;

    return e.matches('.xs-track') ? 'track' : e.closest('[data-xsell-item]')
        ?.dataset.xsellItem || e.tagName;
});


const outlined = (page) => page.evaluate(() => {
    const e = document.activeElement;
    const drawn = (s) => s.outlineStyle !== 'none'
        && parseFloat(s.outlineWidth) >= 2;

    return drawn(getComputedStyle(e)) || drawn(getComputedStyle(e, '::after'));
});


// of an element: does any of it lie in the window and in its scrolling row?
const inView = (page) => page.evaluate(() => {
    const a = document.activeElement.getBoundingClientRect();
    const t = document.activeElement.closest('.xs-track')
        ?.getBoundingClientRect() || { left: 0, right: innerWidth };

    return a.bottom > 0 && a.top < innerHeight && a.right > t.left
        && a.left < t.right;
});


// Chromium's own buttons beside the heading (::scroll-button) take the focus
// too; Tab passes them on its way to the row or from it
async function tab(page, wanted, most = 4) {
    for (let i = 0; i < most; i++) {
        await page.keyboard.press('Tab');

        if (await focused(page) === wanted) {
            return;
        }
    }

    throw new Error(`Tab does not reach ${wanted}, but `
        + await focused(page));
}


await test('Tab reaches the row and each card in order', async (t) => {
    const page = await t.visit(PAGE);

    for (const slot of await page.locator('[data-xsell-slot]').evaluateAll(
        (all) => all.map((e) => e.dataset.xsellSlot)))
    {
        const ids = await cards(page, slot).evaluateAll((all) => all.map((e) =>
            e.dataset.xsellItem));
        const track = page.locator(`[data-xsell-slot="${slot}"] .xs-track`);

        if (await track.count()) {
            await track.focus();
            await page.keyboard.press('Shift+Tab');
            await tab(page, 'track');
            t.ok(await outlined(page), `${slot}: the row shows the focus`);

        } else {
            await links(page, slot).first().focus();
            await page.keyboard.press('Shift+Tab');
        }

        for (const id of ids) {
            await tab(page, id);
            t.ok(await outlined(page), `${slot}: ${id} shows the focus`);
            await until(() => inView(page), `${slot}: ${id} in the window`);
        }

        await page.keyboard.press('Tab');
        t.ok(await focused(page) !== ids.at(-1), `${slot}: Tab leaves`);
    }
});


await test('arrow keys scroll the row', async (t) => {
    for (const dir of ['ltr', 'rtl']) {
        const page = await t.visit(PAGE, { width: 600 });

        await page.evaluate((dir) => { document.dir = dir; }, dir);

        const track = page.locator('.xs-track').first();
        const left = () => track.evaluate((e) => Math.abs(e.scrollLeft));
        const [on, back] = dir === 'ltr' ? ['ArrowRight', 'ArrowLeft']
            : ['ArrowLeft', 'ArrowRight'];

        await track.focus();
        await page.keyboard.press(on);
        await until(async () => await left() > 10, `${dir}: on`);
        await until(async () => {
            await page.keyboard.press(back);

            return await left() < 1;
        }, `${dir}: back`);
        t.is(await page.evaluate(() => scrollX), 0, `${dir}: the row alone`);
    }
});


await test('Enter follows the link', async (t) => {
    const page = await t.visit(PAGE);
    const item = await cards(page).nth(2).getAttribute('data-xsell-item');

    await links(page).nth(1).focus();
    await tab(page, item);
    await page.keyboard.press('Enter');
    await page.waitForURL((u) => u.pathname === `/p/${item}`);
    t.ok(/[?&]xs=/.test(page.url()), 'as a click does', page.url());
});


await test('names: a region, a list, a link with the title', async (t) => {
    const page = await t.visit(PAGE);

    for (const root of await page.locator('[data-xsell-slot]').all()) {
        const heading = (await root.locator('.xs-heading').textContent())
            .trim();
        const titles = await root.locator('.xs-title').allTextContents();
        const tree = await root.ariaSnapshot();

        t.ok(heading.length > 2, 'a heading', heading);
        t.is(await root.getAttribute('aria-labelledby'),
            await root.locator('.xs-heading').getAttribute('id'),
            'named by it');
        t.ok(tree.includes(`region "${heading}"`), 'a region', tree);
        t.ok(/^ +- list:/m.test(tree), 'a list', tree);
        t.is(await root.getByRole('listitem').count(), titles.length,
            'an entry for each');
        t.is(await root.getByRole('link').count(), titles.length,
            'one link for each');

        for (const [i, title] of titles.entries()) {
            t.is(await root.getByRole('listitem').nth(i).getByRole('link',
                { name: title.trim() }).count(), 1, `link "${title}"`);
        }
    }

    const ids = await page.locator('[id]').evaluateAll((all) => all.map((e) =>
        e.id));

    t.is(new Set(ids).size, ids.length, 'no id twice on the page');
});


await test('axe finds nothing', async (t) => {
    for (const [colorScheme, width, ...paths] of [
        ['light', 1280, PAGE, '/', '/style/dunes', '/cart'],
        ['dark', 1280, PAGE, '/cart'],
        ['light', 360, PAGE]])
    {
        const page = await (await t.visitor({ colorScheme, width })).newPage();

        for (const path of paths) {
            await page.goto(base + path);
            await page.evaluate(axe);

            // the page as a whole: it is our demo
            const found = await page.evaluate(async () =>
                (await window.axe.run({ resultTypes: ['violations'] }))
                    .violations.map((v) => ({ id: v.id, help: v.help,
                        nodes: v.nodes.map((n) => `${n.target}: `
                            + n.failureSummary) })));

            t.is(found, [], `${path}, ${colorScheme}, ${width}`);
        }
    }
});


await test('forced colours', async (t) => {
    const page = await t.visit(PAGE, { forcedColors: 'active' });

    t.ok(await cards(page).first().isVisible(), 'cards');
    await links(page).first().focus();
    await page.keyboard.press('Tab');
    t.ok(await outlined(page), 'the focus shows');
});

await done();
