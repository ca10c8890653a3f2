// shots.mjs FOLDER prints | retail | sheet: takes the pictures of a running
// demo (XSELL_DEMO), or puts those in FOLDER on one sheet.  See shots.pl.
//
// The same Chromium and helpers as the tests' (t/browser), so that a picture
// shows what they judged.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch, until } from '../t/browser/lib/browser.mjs';

const WIDTHS = { 360: 740, 768: 1024, 1280: 800 };
const TALL = 3000;              // the most of a page that is shown
const base = process.env.XSELL_DEMO;
const [folder, what] = process.argv.slice(2);


// pictures are loaded when they come near: all that will be seen
async function settle(page) {
    await page.mouse.move(0, 0);
    await page.evaluate(async () => {
        for (const i of document.images) {
            i.loading = 'eager';
        }
        await document.fonts.ready;
    });
    await until(() => page.evaluate(() => [...document.images].every((i) =>
        i.complete)), 'pictures');
}


async function shoot(page, name, width, clip) {
    await settle(page);

    const height = await page.evaluate(() =>
        document.documentElement.scrollHeight);

    await page.screenshot({ path: `${folder}/${name}-${width}.png`,
        fullPage: true, animations: 'disabled',
        clip: clip || { x: 0, y: 0, width, height: Math.min(height, TALL) } });
}


async function visitor(width, more = {}) {
    const context = await (await launch()).newContext({
        viewport: { width, height: WIDTHS[width] }, locale: 'en-GB',
        reducedMotion: 'reduce', ...more });

    if (more.consent !== '') {
        await context.addCookies([{ name: 'cookie_consent', value: 'yes',
            url: base }]);
    }

    return context.newPage();
}


// what somebody looks at, one page after the other
async function prints(width) {
    const page = await visitor(width);

    for (const sku of ['BOT-04', 'MID-02', 'BOT-06']) {
        await page.goto(`${base}/p/${sku}`);
    }

    await page.goto(`${base}/`);
    await shoot(page, '1-home', width);
    await page.goto(`${base}/style/botanical`);
    await shoot(page, '2-category', width);

    // the place at the end may stay empty
    for (let i = 0; i < 20; i++) {
        await page.goto(`${base}/p/BOT-01`);

        if (await page.locator('[data-xsell-slot=story]').count()) {
            break;
        }
    }

    await shoot(page, '3-product', width);

    const panel = await page.locator('[data-xsell-slot=story]').boundingBox();

    await shoot(page, '4-story', width, { ...panel, x: 0, width,
        y: panel.y - 24, height: panel.height + 48 });
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await page.waitForURL(`${base}/cart`);
    await shoot(page, '5-cart', width);

    // elsewhere, and back: what has changed, and why
    for (const sku of ['NIG-02', 'NIG-05', 'BOT-01']) {
        await page.goto(`${base}/p/${sku}`);
    }

    await page.locator('#why summary').click();
    await until(() => page.getByText('What the shop goes by').count(), 'why');
    await shoot(page, '7-why', width);
    await page.context().close();

    const dark = await visitor(width, { colorScheme: 'dark', consent: '' });

    await dark.goto(`${base}/p/INK-01`);
    await shoot(dark, '6-dark-first-visit', width);
    await dark.context().close();
}


async function retail(width) {
    const page = await visitor(width);

    await page.goto(`${base}/p/22423`);
    await shoot(page, '8-retail-product', width);
    await page.goto(`${base}/explain/22423`);
    await shoot(page, '9-retail-explain', width);
    await page.context().close();
}


async function sheet() {
    const names = readdirSync(folder).filter((n) => /-\d+\.png$/.test(n)).sort(
        (a, b) => parseInt(a, 10) - parseInt(b, 10)
            || a.match(/(\d+)\.png/)[1] - b.match(/(\d+)\.png/)[1]);
    const html = `${folder}/sheet.html`;

    writeFileSync(html, `<!doctype html><meta charset="utf-8"><style>
        body { margin: 24px; background: #ddd; font: 13px/1.4 sans-serif; }
        main { display: flex; flex-wrap: wrap; gap: 24px;
            align-items: flex-start; }
        figure { margin: 0; }
        img { display: block; height: 620px;
            box-shadow: 0 1px 8px rgb(0 0 0 / .25); }
        figcaption { padding: 6px 0; }
        </style><main>${names.map((n) => `<figure><img src="${n}">
            <figcaption>${n}</figcaption></figure>`).join('')}</main>`);

    const page = await (await launch()).newPage({
        viewport: { width: 1800, height: 1000 } });

    await page.goto(pathToFileURL(html).href);
    await settle(page);
    await page.screenshot({ path: `${folder}/contact-sheet.png`,
        fullPage: true });
    rmSync(html);

    for (const name of [...names, 'contact-sheet.png']) {
        console.log(`build/${basename(folder)}/${name}`);
    }
}


if (what === 'sheet') {
    await sheet();
} else {
    for (const width of Object.keys(WIDTHS).map(Number)) {
        await (what === 'retail' ? retail : prints)(width);
    }
}

await (await launch()).close();
