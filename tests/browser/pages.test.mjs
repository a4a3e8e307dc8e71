// The pages of reports as people use them: clicks, keys, colours, paper, and what attackers write.
import assert from 'node:assert/strict';
import { statSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { close, launch, open } from './browser.mjs';
import { axe } from './installed.mjs';
import { made, make, pages, path, payloads } from './reports.mjs';

before(async () => {
  if (!process.env.HUNTC_KEEP_REPORTS || !made()) make();
  await launch();
}, { timeout: 600_000 });
after(close);

/** The texts of a column of a table, as they are shown. */
const column = (page, table, at) => page.$$eval(`#${table} tbody tr`, (rows, at) => rows.map((row) => row.cells[at].textContent), at);
const shown = (page, table) => page.locator(`#${table} tbody tr`).count();

for (const name of Object.keys(pages)) {
  test(`${name}: no error, no request, with script and without`, async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, faults, done } = await open(name, { javaScriptEnabled });
      assert.ok((await page.title()).length > 0);
      assert.deepEqual(faults, []);
      await done();
    }
  });

  test(`${name}: axe finds nothing serious, in light and in dark`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page, faults, done } = await open(name, { colorScheme });
      // Of many equal rows the first hundred are enough.
      await page.$$eval('tbody', (bodies) => bodies.slice(1).forEach((body) => { if (bodies.length > 100) body.remove(); }));
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      const serious = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
      const told = serious.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + n.failureSummary).join(' | ')}`);
      assert.deepEqual(told, [], colorScheme);
      assert.deepEqual(faults, []);
      await done();
    }
  });
}

test('the page says first what came of the hunt, then failures, then findings, then the hunt itself', async () => {
  const { page, done } = await open('failed');
  const text = `${await page.locator('header').innerText()}\n${await page.locator('main').innerText()}`;
  const places = ['A source that is away', 'The hunt failed in part', 'Failures', 'q DISP, statement 4', 'The hunt, step by step', '# Nobody is there.', 'Requests'].map((part) => text.indexOf(part));
  assert.ok(places.every((place) => place >= 0), `${places}`);
  assert.deepEqual([...places].sort((a, b) => a - b), places);
  assert.equal(await page.locator('.statement.failed').count(), 1);
  await done();
  const empty = await open('empty');
  assert.match(await empty.page.locator('.verdict').innerText(), /^Nothing found\.$/);
  await empty.done();
});

test('a click sorts, a second one the other way round, a third one takes it back', async () => {
  const { page, faults, done } = await open('some');
  const pids = async () => (await column(page, 'h1-t1', 3)).map(Number);
  const before = await pids();
  const head = page.locator('#h1-t1 th').nth(3);
  const button = head.getByRole('button', { name: 'pid', exact: true });
  await button.click();
  assert.deepEqual(await pids(), [...before].sort((a, b) => a - b));
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  await button.click();
  assert.deepEqual(await pids(), [...before].sort((a, b) => b - a));
  await button.focus();
  await page.keyboard.press('Enter');
  assert.deepEqual(await pids(), before);
  assert.deepEqual(faults, []);
  await done();
});

test('addresses sort by their numbers', async () => {
  const { page, faults, done } = await open('addresses');
  for (const [table, sorted] of Object.entries({
    'h1-t1': ['9.9.9.9', '10.0.0.9', '10.0.0.10', '10.0.0.100', '172.16.0.1', '192.168.1.2'],
    'h1-t2': ['::1', '::ffff:10.0.0.9', '::ffff:10.0.0.10', '2001:db8::9', '2001:db8::10', 'fe80::1'],
  })) {
    await page.locator(`#${table} th`).first().getByRole('button', { name: 'value', exact: true }).click();
    assert.deepEqual(await column(page, table, 0), sorted);
  }
  assert.deepEqual(faults, []);
  await done();
});

test('text filters rows, values filter rows, chips take filters back', async () => {
  const { page, faults, done } = await open('some');
  await page.getByRole('searchbox', { name: 'Filter rows of p' }).fill('/x:199');
  await page.locator('output').filter({ hasText: 'of 2,000 rows' }).first().waitFor();
  assert.equal(await shown(page, 'h1-t1'), 11);
  await page.getByRole('searchbox', { name: 'Filter rows of p' }).fill('');
  await page.waitForFunction(() => document.querySelectorAll('#h1-t1 tbody tr').length === 2_000);
  await page.getByRole('button', { name: 'Values of name', exact: true }).click();
  const panel = page.getByRole('dialog');
  assert.match(await panel.innerText(), /name: 5 values[\s\S]*400/);
  await panel.getByLabel('cmd.exe').check();
  assert.equal(await shown(page, 'h1-t1'), 400);
  assert.ok((await column(page, 'h1-t1', 2)).every((name) => name === 'cmd.exe'));
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.getByRole('button', { name: /^name: cmd\.exe/ }).click();
  assert.equal(await shown(page, 'h1-t1'), 2_000);
  assert.deepEqual(faults, []);
  await done();
});

test('a part of the timeline and a host choose rows of tables', async () => {
  const { page, faults, done } = await open('some');
  const controls = page.locator('form.brush-controls');
  await controls.locator('select[name=host]').selectOption('ws001');
  assert.ok((await column(page, 'h1-t1', 0)).every((host) => host === 'ws001'));
  assert.equal(await shown(page, 'h1-t1'), 10);
  await controls.locator('select[name=host]').selectOption('');
  assert.equal(await shown(page, 'h1-t1'), 2_000);
  const timeline = page.locator('svg.timeline');
  await timeline.scrollIntoViewIfNeeded();
  const box = await timeline.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  const chosen = await shown(page, 'h1-t1');
  assert.ok(chosen > 50 && chosen < 800, `${chosen}`);
  assert.match(await controls.locator('output').innerText(), /2021-04-03T/);
  assert.deepEqual(faults, []);
  await done();
});

test('columns hide, and what is copied is what is shown', async () => {
  const { page, faults, done } = await open('tasks');
  await page.getByRole('button', { name: 'Values of name', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('checkbox', { name: 'amcet.exe 1', exact: true }).check();
  await page.keyboard.press('Escape');
  const copy = page.locator('#h1-t1-box').getByRole('button', { name: 'Copy as CSV' });
  await copy.click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()).then((text) => text.replaceAll('\r\n', '\n')), 'name,command_line\namcet.exe,c:/programdata/ibm/rii/amcet.exe\n');
  await page.locator('#h1-t1-box').getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('dialog').getByLabel('name', { exact: true }).uncheck();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#h1-t1 tbody td').first().isVisible(), false);
  await page.locator('#h1-t1-box').getByRole('button', { name: /Copied|Copy as CSV/ }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^command_line\r?\nc:\/programdata/);
  assert.deepEqual(faults, []);
  await done();
});

test('no cell that is copied runs in a spreadsheet', async () => {
  const { page, done } = await open('hostile');
  await page.locator('#h1-t1-box').getByRole('button', { name: 'Copy as CSV' }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(text.includes("'=HYPERLINK(") && text.includes("'@SUM("));
  assert.ok(!/(^|,|")[=+@-]/m.test(text.replaceAll(/,\d+,/g, ',')), text.match(/(^|,|")[=+@-].{40}/m)?.[0]);
  await done();
});

test('long texts fold, and unfold with a click and for all', async () => {
  const { page, done } = await open('hostile');
  const cell = page.locator('#h1-t1 td').filter({ hasText: 'cmd /c' }).first();
  assert.ok(await cell.count());
  const many = await open('some');
  const long = many.page.locator('#h1-t1 tbody td:nth-child(5)').nth(5);
  const styles = () => long.evaluate((cell) => getComputedStyle(cell).webkitLineClamp);
  assert.equal(await styles(), '3');
  await long.click();
  assert.equal(await styles(), 'none');
  const next = many.page.locator('#h1-t1 tbody td:nth-child(5)').nth(7);
  await many.page.getByRole('button', { name: 'Unfold long texts' }).click();
  assert.equal(await next.evaluate((cell) => getComputedStyle(cell).webkitLineClamp), 'none');
  await many.done();
  await done();
});

test('every row shows the records behind it, with their place and all their digits', async () => {
  const { page, faults, done } = await open('tasks');
  const evidence = page.locator('#h1-t1 details.evidence').first();
  await evidence.locator('summary').focus();
  await page.keyboard.press('Enter');
  assert.match(await evidence.innerText(), /host101\.ndjson\.gz:\d+/);
  // The script lays a document out when its fold says that it is open.
  await evidence.locator('pre').first().filter({ hasText: /"@timestamp": "/ }).waitFor();
  const laid = await evidence.locator('pre').first().innerText();
  assert.ok(laid.includes('\n  "@timestamp": "2021-04-'), laid.slice(0, 200));
  const blanks = (text) => JSON.stringify(JSON.parse(text));
  const without = await open('tasks', { javaScriptEnabled: false });
  const raw = await without.page.locator('#h1-t1 details.evidence pre').first().textContent();
  assert.equal(blanks(laid), blanks(raw));
  await without.done();
  assert.deepEqual(faults, []);
  await done();
});

test('without script all is there to be read', async () => {
  const { page, done } = await open('tasks', { javaScriptEnabled: false });
  for (const part of ['GoogleUpdate.exe', '/installsource scheduler', 'FIND process CREATED BY scheduler', '17 rows']) {
    assert.ok(await page.getByText(part).first().isVisible(), part);
  }
  assert.equal(await page.locator('button:visible').count(), 0);
  await done();
});

for (const name of ['hostile', 'book', 'hostileNight']) {
  test(`${name}: what attackers write stays text`, async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, faults, done } = await open(name, { javaScriptEnabled });
      if (javaScriptEnabled) {
        await page.evaluate(() => { globalThis.hit = () => { globalThis.struck = true; }; });
        for (const button of await page.locator('th button').all()) {
          await button.click({ timeout: 2000 }).catch(() => {});
          await page.keyboard.press('Escape');
        }
        await page.$$eval('details', (all) => all.forEach((one) => { one.open = true; }));
        for (const button of await page.locator('[data-copy]').locator('xpath=preceding-sibling::button').all()) await button.click();
        for (const one of await page.locator('td').all().then((all) => all.slice(0, 400))) await one.hover({ timeout: 500 }).catch(() => {});
        assert.equal(await page.evaluate(() => globalThis.struck), undefined);
      }
      const strange = await page.evaluate(() => {
        const known = new Set(('html head meta title style body header footer nav main article section h1 h2 h3 h4 p small b i code pre ul ol li a div span ' +
          'table thead tbody tr th td dl dt dd details summary br em strong del blockquote hr script button input output label h5 ' +
          'svg g path rect text tspan desc line polyline figure form select option mark caption').split(' '));
        const found = [];
        for (const one of document.querySelectorAll('*')) {
          if (!known.has(one.localName)) found.push(one.localName);
          for (const { name, value } of one.attributes) {
            if (name.startsWith('on')) found.push(`${one.localName} ${name}`);
            if (['href', 'src', 'action'].includes(name) && !/^(#|[\w.-]+(\/[\w.-]+)*$|\.\.\/index\.html$)/.test(value)) found.push(`${name}=${value}`);
          }
        }
        if (document.scripts.length !== 1) found.push(`${document.scripts.length} scripts`);
        return found;
      });
      assert.deepEqual(strange, []);
      const text = await page.evaluate(() => document.body.textContent).catch(() => page.locator('body').textContent());
      const escaped = (payload) => payload.replace(/[\0-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, (c) => ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[c] ?? `\\u{${c.charCodeAt(0).toString(16)}}`);
      if (name !== 'book') {
        const gone = payloads.filter((payload) => !text.includes(escaped(payload)));
        assert.deepEqual(gone, []);
      }
      assert.ok(!/[\u202e\u200b\u001b\0]/.test(text));
      assert.deepEqual(faults, []);
      await done();
    }
  });
}

test('fifty thousand rows open in two seconds and scroll', async () => {
  const most = Number(process.env.HUNTC_PAGE_SECONDS ?? 2) * 1000;
  let best = Infinity;
  for (let tries = 0; tries < 4 && best > most; tries += 1) {
    const { page, done } = await open('many');
    assert.equal(await shown(page, 'h1-t1'), 50_000);
    best = Math.min(best, await page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd));
    const took = await page.evaluate(async () => {
      const rows = document.querySelector('.rows');
      const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
      const begun = performance.now();
      for (let part = 1; part <= 20; part += 1) { rows.scrollTop = rows.scrollHeight * part / 20; await frame(); }
      return performance.now() - begun;
    });
    assert.ok(took < 5_000, `scrolling took ${took} ms`);
    const head = await page.locator('#h1-t1 thead').boundingBox();
    const box = await page.locator('.rows').first().boundingBox();
    assert.ok(Math.abs(head.y - box.y) < 4, 'the header stays');
    await done();
  }
  console.log(`# 50,000 rows: ${Math.round(best)} ms`);
  assert.ok(best <= most, `${best} ms`);
});

test('a page is not much larger than what it shows', () => {
  const data = statSync(join(dirname(path('many')), 'report.json')).size;
  const html = readFileSync(path('many'), 'utf8');
  const documents = [...html.matchAll(/<pre data-json>([^<]*)/g)].reduce((sum, [, text]) => sum + text.length, 0);
  const ratio = html.length / (data + documents);
  console.log(`# page ${html.length}, data ${data + documents}: ${ratio.toFixed(2)}`);
  assert.ok(ratio <= 1.3, `${ratio}`);
});

test('rows and cells are rows and cells to a screen reader', async () => {
  const { page, done } = await open('tasks');
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const roles = new Map();
  for (const node of nodes) if (!node.ignored) roles.set(node.role.value, (roles.get(node.role.value) ?? 0) + 1);
  for (const role of ['table', 'row', 'cell', 'columnheader', 'navigation', 'main', 'heading', 'region']) assert.ok(roles.get(role) > 0, `${role}: ${[...roles]}`);
  assert.ok(roles.get('row') >= 17);
  await done();
});

test('it prints on A4: no row is cut off, nothing hangs over the edge', async () => {
  for (const name of ['tasks', 'failed', 'night']) {
    const { page, done } = await open(name);
    const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
    const sizes = [...pdf.toString('latin1').matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/g)].map(([, width, height]) => [Math.round(width), Math.round(height)]);
    assert.ok(sizes.length > 0 && sizes.every(([width, height]) => Math.abs(width - 595) < 2 && Math.abs(height - 842) < 2), `${sizes}`);
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 700, height: 1000 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), name);
    await done();
  }
});

test('a narrow window scrolls tables, not the page', async () => {
  for (const name of ['tasks', 'both', 'failed', 'night', 'nights', 'hostile']) {
    const { page, done } = await open(name, { viewport: { width: 400, height: 800 } });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name);
    await done();
  }
});

test('nights tell what is new by severity, and the index draws them', async () => {
  const { page, done } = await open('night');
  const words = await page.$$eval('main section > article h3 .tag:first-child', (all) => all.map((one) => one.textContent));
  const order = ['critical', 'high', 'medium', 'low', 'informational'];
  assert.deepEqual([...words].sort((a, b) => order.indexOf(a) - order.indexOf(b)), words);
  assert.ok(await page.locator('.rows td', { hasText: 'host101' }).first().isVisible());
  await done();
  const index = await open('nights');
  assert.equal(await index.page.locator('svg.chart rect').count(), 4);
  assert.match(await index.page.getByRole('img').getAttribute('aria-label'), /^10 findings in 4 nights/);
  await index.done();
});
