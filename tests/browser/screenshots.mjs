// Pictures of pages, to be looked at: target/browser/screenshots.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { close, launch, open } from './browser.mjs';
import { make } from './reports.mjs';

const place = join(process.env.HUNTC_BROWSER_PLACE, 'screenshots');
const pictures = [
  ['tasks-light', 'tasks', {}],
  ['tasks-dark', 'tasks', { colorScheme: 'dark' }],
  ['failed', 'failed', {}],
  ['empty', 'empty', {}],
  ['many', 'many', {}],
  ['night', 'night', {}],
  ['nights', 'nights', {}],
  ['narrow', 'tasks', { viewport: { width: 400, height: 900 } }],
];

make();
mkdirSync(place, { recursive: true });
await launch();
for (const [file, name, options] of pictures) {
  const { page, done } = await open(name, options);
  await page.screenshot({ path: join(place, `${file}.png`) });
  if (!['many'].includes(name)) await page.screenshot({ path: join(place, `${file}-whole.png`), fullPage: true });
  await done();
}
await close();
console.log(`pictures: ${place}`);
