// A product's page of EverShop in Chromium: see evershop.t.  Speaks to people:
// its exit code is the answer.

import { base, launch, until } from '../../browser/lib/browser.mjs';

const SLOT = '[data-xsell-slot="related"]';
const browser = await launch();
let failed = 0;

function ok(is, name, seen = '') {
    failed += !is;
    console.log(`# ${is ? 'ok' : 'NOT OK'}: ${name} ${seen}`);
}

// the page after React has taken over and all is quiet
async function visit(path) {
    const page = await (await browser.newContext()).newPage();
    const errors = [];

    page.on('console', (m) => m.type() === 'error'
        && errors.push(m.text()));
    page.on('pageerror', (e) => errors.push(String(e)));

    await page.goto(base + path, { timeout: 60000 });
    await until(() => page.evaluate(() => {
        const app = document.getElementById('app');

        return app && Object.keys(app).some((k) =>
            k.startsWith('__reactContainer'));
    }), 'React', 60000);
    await page.waitForLoadState('networkidle');

    return { page, errors: errors.filter((e) =>
        /React error|hydrat/i.test(e)) };
}

const bare = await visit('/bare');

ok(bare.errors.length === 0, 'the shop alone has no errors of React',
    bare.errors[0]);

const on = await visit(process.env.XSELL_PAGE);

ok(await on.page.locator(SLOT).count() === 1, 'the fragment is there');
ok(await on.page.locator(SLOT).isVisible(), 'and can be seen');
ok(await on.page.locator(`#app ${SLOT}`).count() === 0, 'behind #app');
ok(on.errors.length === 0, 'React has no errors', on.errors[0]);

const off = await visit('/off');
const left = await off.page.locator(SLOT).count();

ok(left === 0 || off.errors.length > 0, 'with root=off it is lost',
    `${left} fragments, ${off.errors.length} errors`);

await browser.close();
process.exitCode = failed ? 1 : 0;
