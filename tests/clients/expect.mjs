// Runs one cell (a scenario with one client in one mode) and says what it did not keep to.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './profile.mjs';

export const clientNames = ['claude', 'codex', 'gemini', 'copilot', 'opencode'];
const drive = fileURLToPath(new URL('drive', import.meta.url));

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

// The requests that ask the model for its next turn: those that offer tools.
function asking(run) {
  const lines = read(join(run, 'requests.jsonl')).trimEnd().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return lines.filter(({ body }) => body.tools?.length || body.input?.some?.((item) => item.type === 'additional_tools'));
}

// What the tools gave back to the model, as JSON text of the last request.
export function feedback(run) {
  const last = asking(run).at(-1);
  return JSON.stringify(last?.body.messages ?? last?.body.input ?? last?.body.contents ?? '');
}

export function newRun(name) {
  const parent = process.env.CHECKREIN_RUNS ?? join(root, 'build', 'client-runs');
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, `${name}-`));
}

// `cell`: { scenario, client, mode, hook, before, record } where hook and before are argument lists that may say {run}, and
// record(run) gives the text of the record. Returns { run, faults: [text], wall_ms }.
export function runCell(cell) {
  const { scenario, client, mode } = cell;
  const run = newRun(`${scenario.name}-${client}-${mode}`);
  const session = { ...scenario.session, client, mode, hook: cell.hook, before: cell.before, checkrein: cell.checkrein };
  writeFileSync(join(run, 'session.json'), JSON.stringify(session, null, 2));
  const driven = spawnSync(drive, [run], { encoding: 'utf8', timeout: 180000, killSignal: 'SIGKILL' });
  const faults = driven.status === 0 ? [] : [`the driver failed (${driven.status}): ${driven.stderr.slice(0, 300)}`];
  return { run, faults: [...faults, ...check(cell, run)], wall_ms: Number(read(join(run, 'wall_ms'))) };
}

function check(cell, run) {
  const home = join(run, 'home');
  const place = (text) => text.replaceAll('{work}', join(home, 'work')).replaceAll('{home}', home).replaceAll('{run}', run);
  const expect = { ...cell.scenario.expect, ...cell.scenario.expect_in?.[cell.mode] };
  const faults = [];
  const status = read(join(run, 'rc')).trim();
  if (status === '124') faults.push('the client did not end in time');
  // A client that never started does nothing that it should not.
  const turns = expect.turns ?? cell.scenario.session.turns.length;
  const asked = asking(run).length;
  if (asked < turns) faults.push(`the model was asked for ${asked} of ${turns} turns`);
  for (const path of expect.exists ?? []) if (!existsSync(place(path))) faults.push(`${path} is missing`);
  for (const path of expect.missing ?? []) if (existsSync(place(path))) faults.push(`${path} exists`);
  for (const [path, text] of Object.entries(expect.contains ?? {})) if (!read(place(path)).includes(text)) faults.push(`${path} does not contain ${text}`);
  const said = expect.feedback || expect.no_feedback ? feedback(run) : '';
  for (const text of expect.feedback ?? []) if (!said.includes(text)) faults.push(`the model was not told ${text}`);
  for (const text of expect.no_feedback ?? []) if (said.includes(text)) faults.push(`the model was told ${text}`);
  if (expect.record?.length) {
    const record = cell.record(run);
    for (const text of expect.record) if (!record.includes(text)) faults.push(`the record does not hold ${text}`);
  }
  return faults;
}

// The record of a run of the product, as text.
export function recordOf(checkrein) {
  return (run) => {
    try {
      return execFileSync(checkrein, ['log', 'show', '--state', join(run, 'state'), '--json'], { encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'ignore'] });
    } catch (error) {
      return `no record: ${error.message}`;
    }
  };
}
