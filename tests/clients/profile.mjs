// The client profiles (data/clients, docs/format/client_profile.md), as the tests need them: the very data that the product plants
// and installs (src/agent/profile.cc), so that real clients prove it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = join(root, 'data', 'clients');

export const readProfile = (client) => JSON.parse(readFileSync(join(folder, `${client}.json`), 'utf8'));

function fill(text, hook) {
  if (hook.some((word) => !/^[A-Za-z0-9_./+:=@%-]+$/.test(word))) throw new Error(`hook command needs quoting: ${hook}`);
  return text.replaceAll('{hook_json}', JSON.stringify(hook)).replaceAll('{hook}', hook.join(' '));
}

// The content of one planted file; for a merge, what `present` (parsed JSON) becomes.
export function render(file, hook, present = {}) {
  if (file.text) return fill(`${file.text.join('\n')}\n`, hook);
  if (file.file) return fill(readFileSync(join(folder, file.file), 'utf8'), hook);
  if (file.json) return fill(`${JSON.stringify(file.json, null, 2)}\n`, hook);
  const merged = { ...present, hooks: { ...present.hooks } };
  for (const [event, entries] of Object.entries(file.merge.hooks))
    merged.hooks[event] = [...(merged.hooks[event] ?? []), ...JSON.parse(fill(JSON.stringify(entries), hook))];
  return `${JSON.stringify(merged, null, 2)}\n`;
}
