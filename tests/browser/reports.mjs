// Makes the reports that the tests open, with the program itself.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const program = process.env.HUNTC_TEST_BINARY;
export const place = join(process.env.HUNTC_BROWSER_PLACE, 'reports');
export const payloads = JSON.parse(readFileSync(new URL('payloads.json', import.meta.url)));

function huntc(words, ...allowed) {
  const ran = spawnSync(program, words, { cwd: place, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (!(allowed.length ? allowed : [0]).includes(ran.status)) throw new Error(`huntc ${words.join(' ')}: ${ran.status}\n${ran.stdout}\n${ran.stderr}`);
}

const write = (name, text) => writeFileSync(join(place, name), text);
const record = (at, host, user, name, command, pid, parent = { entity_id: '{p}', name: 'explorer.exe', pid: 1 }) => `${JSON.stringify({
  '@timestamp': new Date(at).toISOString(),
  event: { code: '1', category: ['process'], type: ['start'] },
  host: { name: host },
  user: { name: user },
  process: { entity_id: `{${pid}-${at}}`, name, pid, command_line: command, parent },
})}\n`;
const day = Date.UTC(2021, 3, 3);

// Every payload as the name of a process, in its command line, as host and as user.
function hostile() {
  write('hostile.ndjson', payloads.map((text, at) => record(day + at * 1000, text, text, text, `cmd /c ${text}`, 100 + at)).join(''));
  const title = payloads[0].replaceAll('\n', ' ');
  write('hostile.hf', [
    `# title: ${title}`,
    ...payloads.filter((text) => !/[\n\r\0\u001b]/.test(text)).map((text) => `# ${text}`),
    "p = GET process FROM stixshifter://hostile WHERE pid > 0",
    'DISP p ATTR host.name, name, pid, command_line, creator_user_ref.user_id',
    'DESCRIBE p.name', 'INFO p', 'EXPLAIN p',
  ].join('\n') + '\n');
  const cells = payloads.map((text) => ({ cell_type: 'markdown', metadata: {}, source: `## ${text}\n\n${text}\n\n* ${text}\n` }));
  cells.push({ cell_type: 'code', metadata: {}, outputs: [], execution_count: null, source: "p = GET process FROM stixshifter://hostile WHERE pid > 0\nDISP p ATTR name" });
  write('hostile.ipynb', JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: { name: 'kestrel', display_name: 'Kestrel', language: 'kestrel' } }, cells }));
  huntc(['run', 'hostile.hf', '--source', 'hostile=hostile.ndjson', '--out', 'hostile']);
  huntc(['run', 'hostile.ipynb', '--source', 'hostile=hostile.ndjson', '--out', 'hostile-book']);
  mkdirSync(join(place, 'hostile-hunts'), { recursive: true });
  write('hostile-hunts/a.hf', `# title: ${title}\n#\n# ${payloads[11]}\np = GET process FROM stixshifter://hostile WHERE pid > 0\nDISP p ATTR name, pid, command_line\n`);
  huntc(['nightly', 'run', 'hostile-hunts', '--source', 'hostile=hostile.ndjson', '--at', '2021-04-04T00:00:00Z', '--state', 'hostile-state', '--out', 'hostile-nights', '--quiet']);
}

function many(file, rows) {
  let records = '';
  const names = ['cmd.exe', 'powershell.exe', 'svchost.exe', 'chrome.exe', 'rundll32.exe'];
  for (let at = 0; at < rows; at += 1) {
    const name = names[(at * 7) % 5];
    const command = `C:\\Windows\\System32\\${name} -k ${'netsvcs '.repeat(1 + (at % 6))}/x:${at}`;
    records += record(day + at * 1000, `ws${String((at * 31) % 200).padStart(3, '0')}`, ['bob', 'eve', 'SYSTEM'][at % 3], name, command, 1 + ((at * 7919) % 64_000), null);
  }
  write(`${file}.ndjson`, records);
  write(`${file}.hf`, '# title: Every process of a day\n# severity: low\n# attack: T1059\np = GET process FROM stixshifter://many WHERE pid > 0\nDISP p ATTR first_observed, name, pid, command_line, host.name\n');
  huntc(['run', `${file}.hf`, '--source', `many=${file}.ndjson`, '--out', file]);
}

function addresses() {
  write('addresses.hf', [
    "four = NEW ipv4-addr ['10.0.0.100', '192.168.1.2', '9.9.9.9', '10.0.0.10', '172.16.0.1', '10.0.0.9']",
    "six = NEW ipv6-addr ['fe80:0:0:0:0:0:0:1', '2001:db8::10', '::ffff:10.0.0.10', '::1', '2001:db8::9', '::ffff:10.0.0.9']",
    'DISP four ATTR value', 'DISP six ATTR value',
  ].join('\n') + '\n');
  huntc(['run', 'addresses.hf', '--out', 'addresses']);
}

/** Makes all reports, once for each binary. */
export function make() {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  huntc(['demo', 'demo', '--no-run']);
  huntc(['run', 'demo/scheduled-tasks.hf', '--config', 'demo/huntc.toml', '--out', 'tasks']);
  huntc(['run', 'demo/scheduled-tasks.hf', 'demo/backward-and-forward-tracking.hf', '--config', 'demo/huntc.toml', '--out', 'both']);
  write('failed.hf', '# title: A source that is away\n# severity: high\n\n# Nobody is there.\np = GET process FROM stixshifter://away WHERE name = \'cmd.exe\'\n\n# This one answers.\nq = GET process FROM stixshifter://host101 WHERE name = \'svchost.exe\' START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nDISP p\nDISP q ATTR name, pid\n');
  huntc(['run', 'failed.hf', '--source', 'away=http://127.0.0.1:9/x', '--source', 'host101=demo/host101.ndjson.gz', '--out', 'failed'], 3);
  write('empty.hf', "# title: What is not there\np = GET process FROM stixshifter://host101 WHERE name = 'no such program'\nDISP p\n");
  huntc(['run', 'empty.hf', '--source', 'host101=demo/host101.ndjson.gz', '--out', 'empty']);
  for (const night of ['04', '05', '06', '07']) {
    // Behind its first day the demo is silent.
    const words = ['nightly', 'run', 'demo/hunts', '--config', 'demo/huntc.toml', '--state', 'state', '--out', 'nights', '--quiet'];
    huntc([...words, '--at', `2021-04-${night}T02:00:00Z`], 0, 3, 4, 5);
  }
  addresses();
  hostile();
  many('some', 2_000);
  many('many', 50_000);
}

/** The pages, by what they are called in tests. */
export const pages = {
  tasks: 'tasks/report.html',
  both: 'both/report.html',
  failed: 'failed/report.html',
  empty: 'empty/report.html',
  some: 'some/report.html',
  many: 'many/report.html',
  addresses: 'addresses/report.html',
  night: 'nights/20210404T020000Z/summary.html',
  nights: 'nights/index.html',
  hostile: 'hostile/report.html',
  book: 'hostile-book/report.html',
  hostileNight: 'hostile-nights/20210404T000000Z/summary.html',
};

export const path = (name) => join(place, pages[name]);
export const made = () => Object.keys(pages).every((name) => existsSync(path(name)));
