// A real, headless Chromium, driven over a pipe (Chrome DevTools Protocol), without a network and without an npm package.
//   const page = await open(file, {width, height, dark});   await page.eval('1 + 1');   await page.key('j');   await page.shot('x.png');
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');

async function start(profile) {
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-component-update', '--disable-background-networking', '--remote-debugging-pipe', '--user-data-dir=' + profile, 'about:blank'];
  const offline = process.getuid() === 0 ? ['-n'] : ['-rn'];
  const child = spawn('unshare', [...offline, 'chromium', ...flags], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const waiting = new Map(), listeners = [];
  let next = 1, rest = Buffer.alloc(0);
  const ended = new Promise((_, reject) => child.on('exit', (code) => reject(new Error('chromium ended: ' + code))));
  ended.catch(() => {});
  child.stdio[4].on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) {
      const message = JSON.parse(rest.subarray(0, end).toString());
      if (message.id && waiting.has(message.id)) {
        const { resolve, reject } = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.error) reject(new Error(message.error.message)); else resolve(message.result);
      } else for (const listener of listeners) listener(message);
    }
  });
  const send = (method, params = {}, sessionId) => Promise.race([ended, new Promise((resolve, reject) => {
    const id = next++;
    waiting.set(id, { resolve, reject });
    child.stdio[3].write(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }) + '\0');
  })]);
  return { send, listeners, stop: () => new Promise((done) => { child.on('exit', done); send('Browser.close').catch(() => child.kill()); }) };
}

async function open(browser, file, { width = 1280, height = 800, dark = false, mobile = false } = {}) {
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  const problems = [], requests = [];
  browser.listeners.push((m) => {
    if (m.sessionId !== sessionId) return;
    if (m.method === 'Runtime.exceptionThrown') problems.push(m.params.exceptionDetails.exception?.description || m.params.exceptionDetails.text);
    if (m.method === 'Log.entryAdded' && m.params.entry.level === 'error') problems.push(m.params.entry.text);
    if (m.method === 'Network.requestWillBeSent') requests.push(m.params.request.url.slice(0, 100));
    if (m.method === 'Page.javascriptDialogOpening') problems.push('dialog: ' + m.params.message);
  });
  for (const domain of ['Runtime', 'Log', 'Network', 'Page']) await send(domain + '.enable');
  await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile });
  await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
  await send('Page.navigate', { url: 'file://' + file });
  const evaluate = async (expression) => {
    const out = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (out.exceptionDetails) throw new Error(out.exceptionDetails.exception?.description || out.exceptionDetails.text);
    return out.result.value;
  };
  const until = async (expression, what, seconds = 60) => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      if (await evaluate(expression).catch(() => false)) return;
      await new Promise((r) => setTimeout(r, 50));
    }
    throw new Error('never: ' + what);
  };
  return {
    problems, requests, eval: evaluate, until,
    key: async (key) => { for (const type of ['keyDown', 'keyUp']) await send('Input.dispatchKeyEvent', { type, key, ...(key.length === 1 && type === 'keyDown' && { text: key }) }); },
    shot: async (to) => fs.writeFileSync(to, Buffer.from((await send('Page.captureScreenshot', { format: 'png' })).data, 'base64')),
    close: () => browser.send('Target.closeTarget', { targetId }),
  };
}

module.exports = { start, open };
