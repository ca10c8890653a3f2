// Pages that are taken over by their framework: see hydrate.t.

import { base, done, launch, test, until } from './lib/browser.mjs';

const SLOT = '[data-xsell-slot="related"]';


// the framework runs, and its button counts
async function hydrates(t, page) {
    const button = page.locator('#add');

    await until(() => page.evaluate(() => window.hydrated), 'hydration');

    for (const n of [1, 2]) {
        await button.click();
        await until(async () => await button.textContent()
            === `In the cart: ${n}`, `a click that counts, number ${n}`);
    }
}


for (const name of ['react', 'document', 'vue']) {

    await test(`${name}: a slot inside what is hydrated`, async (t) => {
        const page = await t.visit(`/on/${name}`);

        await hydrates(t, page);

        const seen = page.locator(SLOT);

        t.is(await seen.count(), 1, 'the fragment is there, once');
        t.ok(await seen.isVisible(), 'and can be seen');
        t.ok(await seen.locator('[data-xsell-item]').count() >= 2,
            'with its cards');
        t.is(await page.locator('main').locator(SLOT).count(), 0,
            'outside of what is hydrated');
    });

    // without the detection of roots: so that the test above means something
    await test(`${name}: the same with root=off`, async () => {
        const context = await (await launch()).newContext();
        const page = await context.newPage();
        const complaints = [];

        page.on('console', (m) => m.type() === 'error'
            && complaints.push(m.text()));
        page.on('pageerror', (e) => complaints.push(String(e)));

        const html = await (await page.goto(`${base}/off/${name}`)).text();

        if (!/<div id="description">[^<]*<\/div><section[^>]*xsell/.test(html)
            && !/<\/div>\s*<[^>]*data-xsell-slot="related"/.test(html))
        {
            throw new Error(`it was not put inside: ${html}`);
        }

        await until(() => page.evaluate(() => window.hydrated), 'hydration');
        await until(async () => complaints.length
            || await page.locator(SLOT).count() === 0,
            'a fragment that is deleted, or an error', 5000);

        console.log(`#   ${await page.locator(SLOT).count()} fragments, `
            + `${complaints.length} errors: ${complaints[0] || ''}`
                .slice(0, 120).replace(/\n/g, ' '));

        await context.close();
    });
}

await done();
