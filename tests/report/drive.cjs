// Opens reports in Chromium as a reader does: looks, moves, filters, verifies; then a tampered one.
// usage: node drive.cjs REPORT RECORDS SHOTS_DIR [large]. Prints pass/fail lines; RECORDS is the size of the log.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const zlib = require('zlib');
const { start, open } = require('./browser.cjs');
const [report, records, shots, large] = process.argv.slice(2);

let failed = 0;
const check = (name, good, shown) => { console.log((good ? 'pass  ' : 'fail  ') + name + (good ? '' : ': ' + shown)); if (!good) failed++; };
const text = (id) => `document.getElementById('${id}').textContent`;

// The same page with one byte of record `index` changed: everything else, hashes too, as it was.
function tampered(html, index) {
  const id = `<div hidden id="k${Math.floor(index / 256)}">`;
  const begin = html.indexOf(id) + id.length, end = html.indexOf('<', begin);
  const bundle = zlib.inflateSync(Buffer.from(html.slice(begin, end), 'base64'));
  let at = 0;
  for (let i = 0; i < index % 256; i++) at += 2 + bundle.readUInt16BE(at);
  const record = bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at));
  record[record.indexOf('contain') >= 0 ? record.indexOf('contain') : record.length - 3] ^= 1;
  return html.slice(0, begin) + zlib.deflateSync(bundle).toString('base64') + html.slice(end);
}

async function look(browser, file, options, shot) {
  const page = await open(browser, file, options);
  await page.until(`document.documentElement.dataset.ready`, 'ready');
  if (shot) await page.shot(path.join(shots, shot));
  return page;
}

async function main() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'checkrein-report-'));
  const browser = await start(path.join(scratch, 'profile'));
  try {
    let began = Date.now();
    const page = await look(browser, report, {}, 'light.png');
    console.log(`      open: ${Date.now() - began} ms`);
    check('ready', await page.eval('document.documentElement.dataset.ready') === 'yes', await page.eval(text('proof-text')));
    check('findings are counted', /[1-9][0-9,]* findings and incidents/.test(await page.eval(text('summary'))), await page.eval(text('summary')));
    check('shows rows', await page.eval('document.querySelectorAll(".row").length') > 5, 'no rows');
    if (!large) {
      await page.key('j'); await page.key('j'); await page.key('Enter');
      await page.until('!document.getElementById("detail").hidden', 'detail');
      check('keyboard opens an action', /Intent, in the model/.test(await page.eval(text('detail'))), await page.eval(text('detail')));
      await page.key('v');
      await page.until('document.querySelector("#detail .box.good, #detail .box.bad")', 'a proof');
      check('one record is verified', await page.eval('document.querySelector("#detail .box").className') === 'box good', await page.eval('document.querySelector("#detail .box").textContent'));
      check('the proof says how', /lead over \d+ hashes to the signed root; signed by checkrein\.local/.test(await page.eval('document.querySelector("#detail .box").textContent')), await page.eval('document.querySelector("#detail .box").textContent'));
      await page.key('Escape');
      check('Esc closes', await page.eval('document.getElementById("detail").hidden'), 'open');
      await page.key('n'); await page.key('Enter');
      await page.until('!document.getElementById("detail").hidden && /unpermitted/.test(document.getElementById("detail").textContent)', 'a difference');
      await page.shot(path.join(shots, 'differs.png'));
      check('reasons with their share', /\+40/.test(await page.eval(text('detail'))), await page.eval(text('detail')));
      await page.key('Escape');
      await page.eval(`(() => { const s = document.getElementById('search'); s.value = 'host:a.example'; s.dispatchEvent(new Event('input')); })()`);
      await page.until(`/ of /.test(${text('count')})`, 'filtered');
      check('a filter by host', await page.eval('[...document.querySelectorAll(".row .did")].every((d) => /curl/.test(d.textContent))'), 'others shown');
      await page.eval(`(() => { const s = document.getElementById('search'); s.value = 'host:odd.example'; s.dispatchEvent(new Event('input')); })()`);
      await page.until(`/^1 of /.test(${text('count')})`, 'one row');
      await page.key('j'); await page.key('Enter');
      await page.until('!document.getElementById("detail").hidden', 'the odd one');
      const odd = await page.eval(text('detail')), points = /Unusual for this agent in this project: (\d+) points/.exec(odd);
      const shares = await page.eval('[...document.querySelectorAll("#detail .bar b")].map((b) => Number(b.textContent)).reduce((a, b) => a + b, 0)');
      check('what is unusual is said', points !== null && /program: nmap/.test(odd) && /host: odd.example/.test(odd), odd);
      check('and its shares add up', points !== null && Number(points[1]) === shares, shares);
      await page.key('Escape');
      await page.eval(`(() => { const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('input')); })()`);
      await page.until(`!/ of /.test(${text('count')})`, 'unfiltered');
    }
    began = Date.now();
    await page.eval('document.getElementById("verify-all").click()');
    await page.until(`['good','bad'].includes(document.getElementById('proof').className)`, 'verified', 600);
    console.log(`      verify: ${Date.now() - began} ms`);
    const proof = await page.eval(text('proof-text'));
    check('everything is verified', proof.startsWith(`Verified in this browser: ${Number(records).toLocaleString('en-US')} records`), proof);
    await page.eval('document.getElementById("list").scrollTop = 1e9');
    await page.until('/TAMPERED/.test(document.getElementById("list").textContent) || document.querySelectorAll(".verified").length > 2', 'the end of the list');
    check('the end is reached', await page.eval('document.querySelectorAll(".verified").length') > 2, 'nothing at the end');
    check('hostile records neither run nor speak', await page.eval('window.pwned === undefined && document.querySelectorAll("img, iframe, b b").length === 0 && document.title === "Checkrein report"'), 'they did');
    check('nothing misleading is shown raw', await page.eval('!/[\\u0000-\\u0008\\u001b\\u007f\\u200b\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.innerText)'), 'raw control characters');
    check('nothing was asked of any address', page.requests.every((r) => r.startsWith('file:')), page.requests.join(' '));
    check('no error, no violated policy', page.problems.length === 0, page.problems.join(' / '));
    // The policy holds, removed from nothing: a script put in by markup does not run.
    check('the page refuses other scripts', await page.eval(`new Promise((r) => { const s = document.createElement('script'); s.textContent = 'window.pwned = 3'; document.body.append(s); setTimeout(() => r(window.pwned === undefined), 50); })`), 'it ran one');
    await page.close();
    if (!large) {
      (await look(browser, report, { dark: true }, 'dark.png')).close();
      const phone = await look(browser, report, { width: 390, height: 800, mobile: true }, 'phone.png');
      check('fits a phone', await phone.eval('document.documentElement.scrollWidth') <= 390, await phone.eval('document.documentElement.scrollWidth'));
      await phone.eval('document.querySelector(".row").click()');
      await phone.until('!document.getElementById("detail").hidden', 'detail on a phone');
      await phone.shot(path.join(shots, 'phone-detail.png'));
      await phone.close();
      const index = 261, bad = path.join(scratch, 'bad.html');
      fs.writeFileSync(bad, tampered(fs.readFileSync(report, 'utf8'), index));
      const page = await look(browser, bad, {});
      await page.eval('document.getElementById("verify-all").click()');
      await page.until(`['good','bad'].includes(document.getElementById('proof').className)`, 'verified');
      check('a tampered record is found and named', new RegExp(`NOT VERIFIED: 1 of .* the first is record ${index}\\.`).test(await page.eval(text('proof-text'))), await page.eval(text('proof-text')));
      // Seen where it stands, in red.
      await page.eval('document.getElementById("list").scrollTop = 0');
      await page.until(`(() => { const l = document.getElementById('list'); if (document.querySelector('.row.tampered')) return true; l.scrollTop += 400; return false; })()`, 'the tampered row');
      check('and shown red', await page.eval('getComputedStyle(document.querySelector(".row.tampered .seal")).color') === 'rgb(179, 38, 30)', 'not red');
      await page.eval('document.querySelector(".row.tampered").click()');
      await page.until('!document.getElementById("detail").hidden', 'detail');
      await page.shot(path.join(shots, 'tampered.png'));
      check('its proof box refuses it', await page.eval('document.querySelectorAll("#detail .box.bad").length') === 1, await page.eval(text('detail')));
      await page.close();
      // A checkpoint that another key signed, and one whose root is another.
      const html = fs.readFileSync(report, 'utf8');
      const metaAt = html.indexOf('id="meta">') + 10, meta = JSON.parse(Buffer.from(html.slice(metaAt, html.indexOf('<', metaAt)), 'base64').toString());
      const lines = meta.checkpoint.split('\n'), last = lines.length - 2;
      lines[last] = lines[last].slice(0, -6) + (lines[last].slice(-6, -4) === 'AA' ? 'BB' : 'AA') + lines[last].slice(-4);
      for (const [name, change] of [['a false signature', { ...meta, checkpoint: lines.join('\n') }], ['a false root', { ...meta, checkpoint: meta.checkpoint.replace(/\n[A-Za-z0-9+/]{8}/, '\nAAAAAAAA') }]]) {
        fs.writeFileSync(bad, html.slice(0, metaAt) + Buffer.from(JSON.stringify(change)).toString('base64') + html.slice(html.indexOf('<', metaAt)));
        const page = await look(browser, bad, {});
        await page.eval('document.getElementById("verify-all").click()');
        await page.until(`['good','bad'].includes(document.getElementById('proof').className)`, 'verified');
        check(name + ' is refused', /^NOT VERIFIED/.test(await page.eval(text('proof-text'))), await page.eval(text('proof-text')));
        await page.close();
      }
    }
  } finally {
    await browser.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}
main().then(() => process.exit(failed ? 1 : 0), (error) => { console.log('fail  browser: ' + error.stack); process.exit(1); });
