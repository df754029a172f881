// The page of `checkrein log report`. Whatever comes from records reaches the document as text (textContent), never as markup.
'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  // Control, invisible and direction-changing characters are written out, as on a terminal.
  const plain = (text) => String(text).replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu, (c) => '\\u{' + c.codePointAt(0).toString(16) + '}');
  const make = (tag, className, text) => {
    const out = document.createElement(tag);
    if (className) out.className = className;
    if (text !== undefined) out.textContent = tag === 'pre' ? String(text).split('\n').map(plain).join('\n') : plain(text);
    return out;
  };
  const cell = (className, text) => { const out = make('div', 'cell ' + className); out.append(make('div', 'clamp', text)); return out; };

  // Data: base64 in hidden elements; larger parts deflated.
  const bytesOf = (id) => {
    const element = $(id);
    if (!element) return null;
    const text = atob(element.textContent.trim());
    const out = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
    return out;
  };
  const inflate = async (bytes) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))).arrayBuffer());
  const utf8 = new TextDecoder();
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const unbase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

  const meta = JSON.parse(utf8.decode(bytesOf('meta')));
  const F = { index: 0, outcome: 1, result: 2, kind: 3, time: 4, session: 5, client: 6, tool: 7, verdict: 8, course: 9, said: 10, did: 11, happened: 12, labels: 13, policies: 14, score: 15, standards: 16, lane: 17, differs: 18, effects: 19, odd: 20 };

  // --- Proofs: RFC 6962 over SHA-256, C2SP tlog-proof ---
  const sha256 = async (...parts) => {
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) { all.set(p, at); at += p.length; }
    return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  };
  const leafHash = (record) => sha256(Uint8Array.of(0), record);
  const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);
  const split = (n) => { let k = 1; while (k * 2 < n) k *= 2; return k; };
  const rootOf = async (hashes) => {
    if (hashes.length === 0) return sha256();
    if (hashes.length === 1) return hashes[0];
    const k = split(hashes.length);
    return nodeHash(await rootOf(hashes.slice(0, k)), await rootOf(hashes.slice(k)));
  };
  const pathOf = async (index, hashes) => {
    if (hashes.length <= 1) return [];
    const k = split(hashes.length);
    if (index < k) return [...await pathOf(index, hashes.slice(0, k)), await rootOf(hashes.slice(k))];
    return [...await pathOf(index - k, hashes.slice(k)), await rootOf(hashes.slice(0, k))];
  };
  const fold = async (hash, index, size, path) => {  // RFC 9162 2.1.3.2
    let fn = index, sn = size - 1, used = 0;
    for (const p of path) {
      if (sn === 0) return null;
      if (fn % 2 === 1 || fn === sn) {
        hash = await nodeHash(p, hash);
        while (fn % 2 === 0 && fn !== 0) { fn = fn / 2; sn = Math.floor(sn / 2); }
      } else hash = await nodeHash(hash, p);
      fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); used++;
    }
    return sn === 0 && used === path.length ? hash : null;
  };

  const noteBody = meta.checkpoint.slice(0, meta.checkpoint.lastIndexOf('\n\n') + 1);
  const noteLines = noteBody.split('\n');
  const signedRoot = unbase64(noteLines[2]);
  const size = Number(noteLines[1]);
  const chunkRoots = (() => { const all = unbase64(meta.chunk_roots), out = []; for (let i = 0; i < all.length; i += 32) out.push(all.slice(i, i + 32)); return out; })();

  // Whether the checkpoint is signed by the key; null where the browser has no Ed25519.
  const checkSignature = async () => {
    const [name, id, ...rest] = meta.vkey.split('+');
    const key = unbase64(rest.join('+'));
    const keyId = (await sha256(new TextEncoder().encode(name + '\n'), key)).slice(0, 4);
    if (key.length !== 33 || key[0] !== 1 || [...keyId].map((b) => b.toString(16).padStart(2, '0')).join('') !== id) return false;
    let imported;
    try { imported = await crypto.subtle.importKey('raw', key.slice(1), { name: 'Ed25519' }, false, ['verify']); } catch { return null; }
    for (const line of meta.checkpoint.slice(noteBody.length + 1).split('\n')) {
      const parts = line.split(' ');
      if (parts.length !== 3 || parts[1] !== name) continue;
      const raw = unbase64(parts[2]);
      if (same(raw.slice(0, 4), keyId)) return crypto.subtle.verify({ name: 'Ed25519' }, imported, raw.slice(4), new TextEncoder().encode(noteBody));
    }
    return false;
  };
  let headChecked;  // the checkpoint's signature and that the chunks' roots lead to its root: once
  const checkHead = () => headChecked ??= (async () => ({ signed: await checkSignature(), root: noteLines[0] === meta.vkey.split('+')[0] && Math.ceil(size / 256) === chunkRoots.length && same(await rootOf(chunkRoots), signedRoot) }))();

  // A chunk is up to 256 records: its records (null where the report leaves one out) and its leaf hashes.
  const chunkCache = new Map();
  const loadChunk = async (number) => {
    if (chunkCache.has(number)) return chunkCache.get(number);
    const packed = bytesOf('k' + number), tile = bytesOf('t' + number);
    if (!packed || !tile) return null;
    const bytes = await inflate(packed);
    const records = [], leaves = [];
    for (let at = 0; at + 2 <= bytes.length;) {
      const length = bytes[at] * 256 + bytes[at + 1];
      records.push(length === 0 ? null : bytes.slice(at + 2, at + 2 + length));
      at += 2 + length;
    }
    for (let i = 0; i < tile.length; i += 32) leaves.push(tile.slice(i, i + 32));
    const chunk = { records, leaves };
    chunkCache.set(number, chunk);
    if (chunkCache.size > 64) chunkCache.delete(chunkCache.keys().next().value);
    return chunk;
  };
  const recordAt = async (index) => {
    const chunk = await loadChunk(Math.floor(index / 256));
    const bytes = chunk && chunk.records[index % 256];
    return bytes || null;
  };

  const state = new Map();  // index of a record -> true (verified) or false
  const verifyChunk = async (number) => {
    const head = await checkHead();
    let chunk = null;
    try { chunk = await loadChunk(number); } catch { /* damaged: below */ }
    const width = Math.min(256, size - number * 256);
    const whole = chunk && chunk.leaves.length === width && chunk.records.length === width && same(await rootOf(chunk.leaves), chunkRoots[number]);
    let bad = 0, checked = 0;
    for (let i = 0; i < width; i++) {
      const record = chunk && chunk.records[i];
      if (chunk && record === null && whole) continue;  // left out of this report
      const good = Boolean(whole && record && head.root && head.signed !== false && same(await leafHash(record), chunk.leaves[i]));
      state.set(number * 256 + i, good);
      checked++;
      if (!good) bad++;
    }
    return { bad, checked };
  };
  const proofOf = async (index) => {
    const number = Math.floor(index / 256), chunk = await loadChunk(number);
    return [...await pathOf(index % 256, chunk.leaves), ...await pathOf(number, chunkRoots)];
  };

  const say = (kind, text) => { $('proof').className = kind; $('proof-text').textContent = text; };
  const anchored = meta.statements.length ? ' ' + meta.statements.join(' ') : '';
  const signature = (signed) => signed === null ? 'this browser cannot check Ed25519, so compare the checkpoint with one you kept' : 'signed by ' + meta.vkey;
  let verifying = false;
  const verifyAll = async () => {
    if (verifying) return;
    verifying = true;
    $('verify-all').disabled = true;
    const head = await checkHead();
    let checked = 0, bad = 0, first = -1, done = 0;
    for (const number of meta.chunks) {
      const found = await verifyChunk(number);
      checked += found.checked;
      bad += found.bad;
      if (found.bad && first < 0) for (let i = 0; i < 256 && first < 0; i++) if (state.get(number * 256 + i) === false) first = number * 256 + i;
      if (++done % 16 === 0) { say('', `Verifying: ${checked.toLocaleString()} records`); await new Promise((r) => setTimeout(r)); }
    }
    if (!head.root) say('bad', 'NOT VERIFIED: the hashes of this page do not lead to the root of its checkpoint.');
    else if (head.signed === false) say('bad', 'NOT VERIFIED: the checkpoint is not signed by the key ' + meta.vkey);
    else if (bad) say('bad', `NOT VERIFIED: ${bad.toLocaleString()} of ${checked.toLocaleString()} records are not those that were signed, the first is record ${first}.`);
    else say('good', `Verified in this browser: ${checked.toLocaleString()} records are, byte for byte, in a log of ${size.toLocaleString()}; ${signature(head.signed)}.${anchored}`);
    verifying = false;
    $('verify-all').disabled = false;
    draw(true);
    if (open >= 0) show(open);
  };

  // --- Rows, filters, the list ---
  const rows = [];
  let shown = [];       // positions in rows
  let now = 0;          // position in shown
  let open = -1;        // position in rows
  const list = $('list'), canvas = $('canvas');
  const rowHeight = () => parseInt(getComputedStyle(document.documentElement).getPropertyValue('--row'), 10);

  const rowState = (row) => {
    const indexes = [row[F.index], row[F.outcome], row[F.result]].filter((i) => i >= 0).map((i) => state.get(i));
    return indexes.includes(false) ? 'tampered' : indexes.every((s) => s === true) ? 'verified' : '';
  };
  const drawRow = (position) => {
    const row = rows[shown[position]], seal = rowState(row);
    const out = make('div', ['row', row[F.kind] === 'action' ? 'action' : '', 'lane-' + ['good', 'notice', 'bad'][row[F.lane]], row[F.differs] ? 'differs' : '', row[F.labels].includes('untrusted') ? 'untrusted' : '', row[F.labels].includes('secret') ? 'secret' : '', seal, position === now ? 'now' : ''].filter(Boolean).join(' '));
    out.id = 'row' + position;
    out.setAttribute('role', 'option');
    out.setAttribute('aria-selected', String(position === now));
    out.style.top = position * rowHeight() + 'px';
    const gutter = make('div', 'cell gutter');
    gutter.append(make('b', '', '#' + row[F.index]), make('span', '', row[F.time].slice(11, 19)), ' ', make('span', 'seal', seal === 'verified' ? '\u2713' : seal === 'tampered' ? 'TAMPERED' : ''));
    gutter.title = row[F.time];
    out.append(gutter, cell('said', row[F.said]), cell('did', row[F.did]), cell('happened', row[F.happened]));
    out.addEventListener('click', () => { now = position; draw(true); show(shown[position]); });
    return out;
  };
  let drawnFrom = -1, drawnTo = -1;
  const draw = (anew) => {
    const height = rowHeight();
    canvas.style.height = shown.length * height + 'px';
    const from = Math.max(0, Math.floor(list.scrollTop / height) - 6), to = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 6);
    if (!anew && from === drawnFrom && to === drawnTo) return;
    drawnFrom = from; drawnTo = to;
    const parts = document.createDocumentFragment();
    for (let i = from; i < to; i++) parts.append(drawRow(i));
    canvas.replaceChildren(parts);
    if (shown.length) list.setAttribute('aria-activedescendant', 'row' + now);
  };
  const reveal = () => {
    const height = rowHeight(), top = now * height;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
    draw(true);
  };
  const matches = (row, words) => words.every((word) => {
    const colon = word.indexOf(':'), key = colon > 0 ? word.slice(0, colon) : '', value = word.slice(colon + 1);
    if (key === 'host') return row[F.effects].includes('connect:' + value) || row[F.effects].includes('connect:') && row[F.effects].includes(value);
    if (key === 'path') return row[F.effects].includes(value);
    if (key === 'policy') return row[F.policies].some((p) => p.includes(value));
    if (key === 'label') return row[F.labels].includes(value);
    return row.text.includes(word);
  });
  const filter = () => {
    const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    const [session, tool, verdict, differs] = [$('session').value, $('tool').value, $('verdict').value, $('differs').checked];
    shown = [];
    rows.forEach((row, i) => {
      if (session && row[F.session] !== session || tool && row[F.tool] !== tool || verdict && row[F.verdict] !== verdict || differs && !row[F.differs]) return;
      if (words.length && !matches(row, words)) return;
      shown.push(i);
    });
    now = 0;
    list.scrollTop = 0;
    $('count').textContent = shown.length === rows.length ? '' : shown.length.toLocaleString() + ' of ' + rows.length.toLocaleString();
    draw(true);
  };

  // --- One action in full ---
  const section = (into, title, ...parts) => { into.append(make('h3', '', title), ...parts); };
  const items = (texts, bad) => {
    const out = make('ul');
    for (const text of texts) out.append(make('li', bad && bad.includes(text) ? 'bad' : '', text));
    if (!texts.length) out.append(make('li', 'dim', 'nothing'));
    return out;
  };
  const pretty = (bytes) => { try { return JSON.stringify(JSON.parse(utf8.decode(bytes)), null, 1); } catch { return utf8.decode(bytes); } };
  const parsed = (bytes) => { try { const v = JSON.parse(utf8.decode(bytes)); return v && typeof v === 'object' ? v : {}; } catch { return {}; } };
  const texts = (value) => Array.isArray(value) ? value.map(String) : [];
  const save = (name, content) => {
    const link = make('a');
    link.href = URL.createObjectURL(new Blob([content]));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const proofBox = (index) => {
    const box = make('div', 'box'), text = make('p', '', 'Record ' + index + ' is not checked yet.'), check = make('button', 'primary', 'Verify this record'), proof = make('button', '', 'Save proof'), raw = make('button', '', 'Save record');
    const verify = async () => {
      const head = await checkHead();
      await verifyChunk(Math.floor(index / 256));
      const record = await recordAt(index), path = record ? await proofOf(index) : [];
      const leads = record && await fold(await leafHash(record), index, size, path);
      const good = state.get(index) && leads && same(leads, signedRoot);
      box.className = 'box ' + (good ? 'good' : 'bad');
      text.textContent = good ? `Record ${index.toLocaleString()} of ${size.toLocaleString()}: its bytes lead over ${path.length} hashes to the signed root; ${signature(head.signed)}.${anchored}` : `NOT VERIFIED: these are not the bytes of record ${index} that were signed.`;
      if (!good) state.set(index, false);
      draw(true);
    };
    check.addEventListener('click', verify);
    proof.addEventListener('click', async () => save(`record-${index}.tlog-proof`, 'c2sp.org/tlog-proof@v1\nindex ' + index + '\n' + (await proofOf(index)).map((h) => base64(h) + '\n').join('') + '\n' + meta.checkpoint));
    raw.addEventListener('click', async () => save(`record-${index}.json`, await recordAt(index)));
    box.append(text, check, ' ', proof, ' ', raw, make('p', 'dim', 'elsewhere: checkrein log check-proof --vkey \'' + meta.vkey + `' record-${index}.tlog-proof record-${index}.json`));
    box.verify = verify;
    if (state.get(index) === false) { box.className = 'box bad'; text.textContent = `NOT VERIFIED: these are not the bytes of record ${index} that were signed.`; }
    if (state.get(index) === true) { box.className = 'box good'; text.textContent = `Record ${index} is verified.`; }
    return box;
  };

  const show = async (position) => {
    open = position;
    const row = rows[position], detail = $('detail'), parts = document.createDocumentFragment();
    const load = async (index) => { try { return index >= 0 ? await recordAt(index) : null; } catch { return null; } };
    const first = await load(row[F.index]), outcome = await load(row[F.outcome]), result = await load(row[F.result]);
    if (open !== position) return;
    const record = first ? parsed(first) : {}, after = outcome ? parsed(outcome) : {};
    const close = make('button', 'close', 'Close (Esc)');
    close.addEventListener('click', hide);
    parts.append(close, make('h2', '', '#' + row[F.index] + ' ' + (row[F.did] || row[F.said] || row[F.happened])));
    parts.append(make('p', 'dim', [row[F.time], row[F.client], row[F.session] && 'session ' + row[F.session], record.mode && 'mode ' + record.mode].filter(Boolean).join('  ')));
    if (row[F.kind] === 'action') {
      const predicted = record.predicted || {}, decision = record.decision || {}, observed = after.observed || {}, divergence = after.divergence || {};
      section(parts, 'Goal, in the person\'s words', make('p', '', record.goal || 'none was heard'));
      section(parts, 'Intent, in the model\'s words', make('p', '', (record.intent && [record.intent.description, record.intent.said].filter(Boolean).join(' \u2014 ')) || 'none was stated'));
      section(parts, 'Call', make('pre', '', record.call && record.call.shown || ''));
      section(parts, 'Predicted (' + (predicted.coverage || '?') + ')', items(texts(predicted.effects)), ...texts(predicted.notes).map((n) => make('p', 'dim', n)));
      section(parts, 'Decided', make('p', '', (decision.verdict || '?') + ' (' + (record.course || '?') + '): ' + (decision.why || '')));
      for (const id of texts(decision.policies)) {
        const source = meta.policies[id];
        parts.append(make('p', 'dim', 'policy ' + id + (source ? '' : ': its text is not the one in force when this report was made')));
        if (source) parts.append(make('pre', '', source));
      }
      if (outcome) {
        section(parts, 'Happened', make('p', '', `exit ${after.exit}, ${after.ms} ms, ${after.how || ''}; seen by ${texts(observed.sensors).join(', ') || 'nothing'}`), items(texts(observed.effects), texts(divergence.unpredicted)));
        if (texts(observed.blind_to).length) parts.append(make('p', 'dim', 'nothing watched: ' + texts(observed.blind_to).join(', ') + '. What is not shown there may have happened.'));
        const reasons = Array.isArray(divergence.reasons) ? divergence.reasons : [];
        if (reasons.length || texts(divergence.unpredicted).length) {
          section(parts, 'Differs' + (divergence.score !== undefined ? ' by ' + divergence.score : ''));
          const bars = make('div', 'bar');
          for (const reason of reasons) {
            const bar = make('i');
            bar.style.width = Math.round(100 * reason.points / Math.max(1, divergence.score)) + '%';
            bars.append(make('span', '', reason.id + ': ' + texts(reason.evidence).join(', ')), make('b', '', '+' + reason.points), bar);
          }
          parts.append(bars);
          if (!reasons.length) parts.append(items(texts(divergence.unpredicted), texts(divergence.unpredicted)));
        }
      } else section(parts, 'Happened', make('p', 'dim', row[F.happened] || 'no sensor of ours saw this call'));
    }
    if (row[F.odd].length) {
      const total = row[F.odd].reduce((sum, reason) => sum + reason[2], 0);
      section(parts, 'Unusual for this agent in this project: ' + total + ' points');
      const bars = make('div', 'bar');
      for (const [what, value, points] of row[F.odd]) {
        const bar = make('i');
        bar.style.width = Math.round(100 * points / Math.max(1, total)) + '%';
        bars.append(make('span', '', what + ': ' + value), make('b', '', '+' + points), bar);
      }
      parts.append(bars, make('p', 'dim', 'learned from the actions shown here before it; it never permits anything'));
    }
    if (row[F.standards].length) section(parts, 'Speaks to', make('p', 'dim', row[F.standards].join('  ')));
    const boxes = [];
    for (const [title, index, bytes] of [['Record', row[F.index], first], ['Record of what happened', row[F.outcome], outcome], ['Record of what the client said', row[F.result], result]]) {
      if (index < 0) continue;
      const box = proofBox(index);
      boxes.push(box);
      section(parts, title + ' ' + index, make('pre', '', bytes ? pretty(bytes) : 'not in this report, or damaged'), box);
    }
    detail.boxes = boxes;
    detail.replaceChildren(parts);
    detail.hidden = false;
    detail.scrollTop = 0;
    try { history.replaceState(null, '', '#' + row[F.index]); } catch { /* some viewers have no address */ }
    reveal();
  };
  const hide = () => { open = -1; $('detail').hidden = true; list.focus(); draw(true); };

  const move = (to) => {
    if (!shown.length) return;
    now = Math.max(0, Math.min(shown.length - 1, to));
    reveal();
    if (open >= 0) show(shown[now]);
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT)$/.test(event.target.tagName) && event.target.type !== 'checkbox';
    if (event.key === 'Escape') { if (typing) list.focus(); else hide(); return; }
    if (typing) return;
    const page = Math.max(1, Math.floor(list.clientHeight / rowHeight()) - 1);
    const act = { ArrowDown: () => move(now + 1), j: () => move(now + 1), ArrowUp: () => move(now - 1), k: () => move(now - 1), PageDown: () => move(now + page), PageUp: () => move(now - page), Home: () => move(0), End: () => move(shown.length - 1),
      Enter: () => event.target.tagName === 'BUTTON' ? null : shown.length && show(shown[now]), '/': () => $('search').focus(), v: () => open >= 0 ? $('detail').boxes.forEach((b) => b.verify()) : verifyAll(),
      n: () => { for (let i = now + 1; i < shown.length; i++) if (rows[shown[i]][F.differs]) return move(i); } }[event.key];
    if (!act || event.key === 'Enter' && event.target.tagName === 'BUTTON') return;
    event.preventDefault();
    act();
  });
  list.addEventListener('scroll', () => requestAnimationFrame(() => draw(false)));
  addEventListener('resize', () => draw(true));
  let typed;
  $('search').addEventListener('input', () => { clearTimeout(typed); typed = setTimeout(filter, 120); });
  for (const id of ['session', 'tool', 'verdict', 'differs']) $(id).addEventListener('change', filter);
  $('verify-all').addEventListener('click', verifyAll);
  $('theme').addEventListener('click', () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
  });

  for (const line of meta.promises) $('promises').append(make('p', '', line));
  $('promises').hidden = meta.promises.length === 0;

  const start = async () => {
    const seen = { session: new Set(), tool: new Set(), verdict: new Set() };
    for (let part = 0; part < meta.row_parts; part++) {
      for (const row of JSON.parse(utf8.decode(await inflate(bytesOf('r' + part))))) {
        row.text = [row[F.said], row[F.did], row[F.happened], row[F.tool], row[F.session], row[F.verdict], row[F.course], row[F.effects], row[F.kind]].join(' ').toLowerCase();
        for (const name of Object.keys(seen)) if (row[F[name]]) seen[name].add(row[F[name]]);
        rows.push(row);
      }
      if (part === 0) filter();
      await new Promise((r) => setTimeout(r));
    }
    for (const [name, values] of Object.entries(seen)) for (const value of [...values].sort().slice(0, 500)) { const option = make('option', '', value); option.value = value; $(name).append(option); }
    const actions = rows.filter((r) => r[F.kind] === 'action').length, differing = rows.filter((r) => r[F.differs]).length;
    $('summary').textContent = `${actions.toLocaleString()} actions, ${rows.filter((r) => r[F.course] === 'denied' || r[F.kind] === 'refused').length.toLocaleString()} denied, ${differing.toLocaleString()} differ from what was predicted, ${rows.filter((r) => r[F.kind] === 'finding' || r[F.kind] === 'incident').length.toLocaleString()} findings and incidents. Log ${meta.origin}, made ${meta.made}.`;
    filter();
    const wanted = Number(location.hash.slice(1));
    const at = location.hash ? rows.findIndex((r) => r[F.index] === wanted) : -1;
    if (at >= 0) { now = at; reveal(); show(at); }
    document.documentElement.dataset.ready = 'yes';
  };
  start().catch((error) => { say('bad', 'This report is damaged: ' + plain(error.message)); document.documentElement.dataset.ready = 'damaged'; });
})();
