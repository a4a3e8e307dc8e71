// Opens pages in Chromium, and keeps what a page must never do.
import { chromium } from './installed.mjs';
import { path } from './reports.mjs';

let browser;

export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
}

export const close = () => browser.close();

/** Opens a page. `faults` has its errors, requests and dialogs; none may be there in the end. */
export async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
  const page = await context.newPage();
  const faults = [];
  const own = `file://${path(name)}`;
  page.on('console', (message) => faults.push(`console: ${message.type()} ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (request.url().split('#')[0] !== own) faults.push(`request: ${request.url()}`); });
  page.on('popup', () => faults.push('a window opened'));
  await page.goto(own);
  return { page, faults, done: () => context.close() };
}
