'use strict';
(() => {
  const CHUNK = 100, LISTED = 200, FEW = 5;
  const root = document.documentElement;
  root.classList.add('js');

  const make = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const named = (tag, attributes, ...children) => {
    const made = make(tag, {}, ...children);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const count = (n, noun) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make('textarea', { value: text });
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
    const before = button.textContent;
    button.textContent = 'Copied';
    button.classList.add('copied');
    setTimeout(() => { button.textContent = before; button.classList.remove('copied'); }, 1500);
  }

  // An address as a text that sorts as addresses do: IPv4 before IPv6, each by its numbers.
  const address = (text) => {
    const number = (digits, base, width) => parseInt(digits, base).toString(base).padStart(width, '0');
    const dotted = (four) => four.split('.').map((octet) => number(octet, 10, 3)).join('.');
    if (!text.includes(':')) return `4 ${dotted(text)}`;
    const bytes = (four) => four.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0')).join('').replace(/^.{4}/, '$&:');
    const groups = (part) => (part ? part.split(':') : []);
    const [head, tail] = text.replace(/[\d.]+$/, (end) => (end.includes('.') ? bytes(end) : end)).split('::').map(groups);
    const all = tail ? [...head, ...Array(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail] : head;
    return `6 ${all.map((group) => number(group, 16, 4)).join(':')}`;
  };

  // What a spreadsheet would run as a formula gets an apostrophe in front, as in the CSV files.
  const formula = /(^|[;\t\n\r])(?=[ "'\u00a0\ufeff\n]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;
  const csvCell = (text, plain) => {
    const guarded = plain ? text : text.replace(formula, "$1'");
    return /[",\n\r]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  };

  class Table {
    constructor(box) {
      this.box = box;
      this.table = box.querySelector('table');
      this.heads = [...this.table.tHead.rows[0].cells];
      this.columns = this.heads.filter((head) => head.dataset.kind !== 'evidence');
      this.names = this.columns.map((head) => head.textContent);
      this.widths = getComputedStyle(this.table).getPropertyValue('--c').trim().split(' ');
      this.words = '';
      this.values = new Map();
      this.hidden = new Set();
      this.sort = null;
      this.range = null;
      this.sheet = new CSSStyleSheet();
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
      this.bar();
      if (this.rows.length > FEW) this.columns.forEach((head, column) => this.head(head, column));
    }

    get rows() {
      this.all ??= [...this.table.tBodies].flatMap((body) => [...body.rows]);
      return this.all;
    }

    text(row, column) {
      return row.cells[column]?.textContent ?? '';
    }

    bar() {
      const search = named('input', { type: 'search', placeholder: 'Filter rows', 'aria-label': `Filter rows of ${this.box.dataset.variable}` });
      let wait;
      search.addEventListener('input', () => {
        clearTimeout(wait);
        wait = setTimeout(() => { this.words = search.value.toLowerCase(); this.show(); }, 120);
      });
      this.said = named('output', { 'aria-live': 'polite' });
      this.chips = make('div', { className: 'chips' });
      const columns = make('button', { type: 'button', textContent: 'Columns' });
      columns.setAttribute('aria-haspopup', 'dialog');
      columns.addEventListener('click', () => this.chooseColumns(columns));
      const csv = make('button', { type: 'button', textContent: 'Copy as CSV' });
      csv.addEventListener('click', () => copy(this.csv(), csv));
      // A few rows need nothing but to be taken along.
      const few = this.rows.length <= FEW;
      this.bars = make('div', { className: 'bar' }, ...(few ? [csv] : [search, columns, csv]));
      if (this.columns.some((head) => head.dataset.kind === 'long')) {
        const unfold = make('button', { type: 'button', textContent: 'Unfold long texts' });
        unfold.setAttribute('aria-pressed', 'false');
        unfold.addEventListener('click', () => unfold.setAttribute('aria-pressed', String(this.table.classList.toggle('unfolded'))));
        this.bars.append(unfold);
        this.table.addEventListener('click', (event) => {
          const cell = event.target.closest('td');
          if (cell && this.columns[cell.cellIndex]?.dataset.kind === 'long' && !getSelection().toString()) cell.classList.toggle('open');
        });
      }
      this.bars.append(this.said);
      this.box.querySelector('.rows').before(this.bars, this.chips);
    }

    head(head, column) {
      const name = this.names[column];
      const sort = make('button', { type: 'button', title: `Sort by ${name}` }, name, named('span', { class: 'mark', 'aria-hidden': 'true' }));
      if (this.table.dataset.tree !== undefined) sort.disabled = true;
      sort.addEventListener('click', () => {
        const down = this.sort?.column === column && this.sort.down === false;
        this.sort = this.sort?.column === column && this.sort.down ? null : { column, down };
        this.show();
      });
      const menu = make('button', { type: 'button', className: 'menu', textContent: '▾' });
      menu.setAttribute('aria-label', `Values of ${name}`);
      menu.setAttribute('aria-haspopup', 'dialog');
      menu.addEventListener('click', () => this.chooseValues(menu, column));
      head.replaceChildren(sort, menu);
    }

    passes(row, but) {
      for (const [column, values] of this.values) {
        if (column !== but && !values.has(this.text(row, column))) return false;
      }
      if (this.range && !this.lies(row, this.range)) return false;
      if (!this.words) return true;
      return this.columns.some((_, column) => this.text(row, column).toLowerCase().includes(this.words));
    }

    // Whether a row lies in a range; one of which nobody knows does.
    lies(row, { start, stop, host }) {
      const says = (what) => this.text(row, this.columns.findIndex((head) => head.dataset.says === what));
      const time = Number(row.dataset.time ?? Date.parse(says('time')));
      const places = says('host');
      // A cell may name several hosts, and not all of them.
      const here = places === '' || / and \d+ more$/.test(places) || places.split(/, | and |[[\]",]+/).includes(host);
      return !(start !== null && (time < start || time > stop)) && (host === null || here);
    }

    show() {
      let shown = this.rows.filter((row) => this.passes(row));
      if (this.sort) {
        const { column, down } = this.sort;
        const { kind } = this.columns[column].dataset;
        const number = kind === 'number';
        const keys = { number: parseFloat, address: (text) => text && address(text) };
        const key = (row) => (keys[kind] ?? ((text) => text.toLowerCase()))(this.text(row, column));
        const keyed = shown.map((row) => [key(row), row]);
        const absent = (value) => value === '' || Number.isNaN(value);
        const order = number ? (a, b) => a - b : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
        keyed.sort(([a], [b]) => absent(a) - absent(b) || (absent(a) ? 0 : down ? order(b, a) : order(a, b)));
        shown = keyed.map(([, row]) => row);
      }
      const bodies = [];
      for (let at = 0; at < shown.length; at += CHUNK) {
        const body = make('tbody', {}, ...shown.slice(at, at + CHUNK));
        body.style.setProperty('--n', Math.min(CHUNK, shown.length - at));
        bodies.push(body);
      }
      for (const body of [...this.table.tBodies]) body.remove();
      this.table.append(...(bodies.length ? bodies : [make('tbody')]));
      this.said.textContent = shown.length === this.rows.length ? '' : `${shown.length.toLocaleString('en')} of ${count(this.rows.length, 'row')}`;
      this.columns.forEach((head, column) => {
        const sorted = this.sort?.column === column;
        const mark = head.querySelector('.mark');
        if (mark) mark.textContent = sorted ? (this.sort.down ? ' ↓' : ' ↑') : '';
        if (sorted) head.setAttribute('aria-sort', this.sort.down ? 'descending' : 'ascending');
        else head.removeAttribute('aria-sort');
        head.classList.toggle('filtered', this.values.has(column));
      });
      this.chips.replaceChildren(...[...this.values].map(([column, values]) => {
        const some = [...values].slice(0, 3).map((value) => value || '(empty)').join(', ');
        const chip = make('button', { type: 'button', textContent: `${this.names[column]}: ${some.slice(0, 60)}${values.size > 3 ? ' …' : ''} ✕` });
        chip.addEventListener('click', () => { this.values.delete(column); this.show(); });
        return chip;
      }));
    }

    hide() {
      const kept = this.widths.filter((_, column) => !this.hidden.has(column));
      this.table.style.setProperty('--c', kept.join(' '));
      const rules = [...this.hidden].map((column) => `#${this.table.id} :is(th,td):nth-child(${column + 1}){display:none}`);
      this.sheet.replaceSync(rules.join(''));
    }

    panel(button, title, ...children) {
      document.querySelector('.panel')?.close();
      const panel = named('div', { role: 'dialog', 'aria-label': title, class: 'panel' }, make('h4', { textContent: title }), ...children);
      const outside = (event) => { if (!panel.contains(event.target) && event.target !== button) panel.close(); };
      panel.close = () => {
        panel.remove();
        removeEventListener('pointerdown', outside);
      };
      panel.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') { panel.close(); button.focus(); }
      });
      const place = button.getBoundingClientRect();
      document.body.append(panel);
      panel.style.left = `${Math.max(8, Math.min(place.left, innerWidth - panel.offsetWidth - 8))}px`;
      panel.style.top = `${Math.max(8, Math.min(place.bottom + 4, innerHeight - panel.offsetHeight - 8))}px`;
      setTimeout(() => addEventListener('pointerdown', outside));
      panel.querySelector('input,button')?.focus();
      return panel;
    }

    chooseColumns(button) {
      const items = this.names.map((name, column) => {
        const box = make('input', { type: 'checkbox', checked: !this.hidden.has(column) });
        box.addEventListener('change', () => {
          if (box.checked) this.hidden.delete(column);
          else this.hidden.add(column);
          this.hide();
        });
        return make('li', {}, make('label', {}, box, make('span', { textContent: name }), make('span')));
      });
      this.panel(button, 'Columns', make('ul', {}, ...items));
    }

    chooseValues(button, column) {
      const counts = new Map();
      for (const row of this.rows) {
        if (this.passes(row, column)) counts.set(this.text(row, column), (counts.get(this.text(row, column)) ?? 0) + 1);
      }
      const ordered = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      const chosen = new Set(this.values.get(column));
      const list = make('ul');
      const fill = (words) => {
        const fitting = ordered.filter(([value]) => value.toLowerCase().includes(words));
        list.replaceChildren(...fitting.slice(0, LISTED).map(([value, n]) => {
          const box = make('input', { type: 'checkbox', checked: chosen.has(value) });
          box.addEventListener('change', () => {
            if (box.checked) chosen.add(value);
            else chosen.delete(value);
            if (chosen.size) this.values.set(column, new Set(chosen));
            else this.values.delete(column);
            this.show();
          });
          return make('li', {}, make('label', {}, box, make('span', { textContent: value || '(empty)' }), make('span', { textContent: n.toLocaleString('en') })));
        }));
        if (fitting.length > LISTED) list.append(make('li', { className: 'soft', textContent: `and ${count(fitting.length - LISTED, 'further value')}` }));
      };
      fill('');
      const search = named('input', { type: 'search', placeholder: 'Find a value', 'aria-label': 'Find a value' });
      search.addEventListener('input', () => fill(search.value.toLowerCase()));
      const hide = make('button', { type: 'button', textContent: 'Hide this column' });
      const panel = this.panel(button, `${this.names[column]}: ${count(counts.size, 'value')}`, search, list, hide);
      hide.addEventListener('click', () => {
        this.hidden.add(column);
        this.hide();
        panel.close();
      });
    }

    csv() {
      const columns = this.columns.map((_, column) => column).filter((column) => !this.hidden.has(column));
      const plain = (column) => ['number', 'time'].includes(this.columns[column].dataset.kind);
      const rows = [...this.table.tBodies].flatMap((body) => [...body.rows]);
      const lines = rows.map((row) => columns.map((column) => csvCell(this.text(row, column), plain(column))).join(','));
      return [columns.map((column) => csvCell(this.names[column], false)).join(','), ...lines].join('\r\n') + '\r\n';
    }
  }

  const tables = [...document.querySelectorAll('.table[data-variable]')].map((box) => new Table(box));

  // A part of the timeline, or a host: rows outside of it go, those of which nobody knows stay.
  root.addEventListener('huntc-brush', (event) => {
    event.preventDefault();
    for (const table of tables.filter((table) => event.target.contains(table.box))) {
      table.range = event.detail;
      table.show();
    }
  });

  // Only blanks between tokens are added: numbers keep all of their digits.
  function layout(json) {
    let out = '';
    let depth = 0;
    const line = () => `\n${'  '.repeat(depth)}`;
    const behind = (marks) => out !== '' && marks.includes(out.at(-1));
    for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|"/g)) {
      if (token === '}' || token === ']') {
        depth = Math.max(0, depth - 1);
        out += (behind('{[') ? '' : line()) + token;
        continue;
      }
      if (behind('{[,')) out += line();
      out += token === ':' ? ': ' : token;
      if (token === '{' || token === '[') depth += 1;
    }
    return out;
  }

  // A record is one line in the file; it is laid out when somebody looks at it.
  addEventListener('toggle', (event) => {
    if (!event.target.open) return;
    for (const text of event.target.querySelectorAll('pre[data-json]')) {
      delete text.dataset.json;
      text.textContent = layout(text.textContent);
    }
  }, true);

  for (const text of document.querySelectorAll('[data-copy]')) {
    const button = make('button', { type: 'button', textContent: 'Copy' });
    button.addEventListener('click', () => copy(text.textContent, button));
    text.before(button);
  }
})();
