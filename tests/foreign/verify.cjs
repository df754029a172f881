// Verifies records of a Checkrein log with code that is not ours: @sigstore/verify, the library behind npm's provenance check.
// usage: node verify.cjs NODE_MODULES DIR VKEY SIZE PROOF...
// Each PROOF is a file NAME/INDEX.tlog-proof. The record comes from its entry bundle, the hashes and the checkpoint from the proof; the
// library checks the signature of the checkpoint and the path from the record to its root.
'use strict';
const fs = require('fs');
const path = require('path');
const crypto = require('crypto');
const [modules, dir, vkey, size, ...proofs] = process.argv.slice(2);
const library = path.join(modules, '@sigstore/verify/dist');
const { verifyTLogInclusion } = require(path.join(library, 'tlog/index.js'));
const { verifyCheckpoint } = require(path.join(library, 'tlog/checkpoint.js'));

function fail(why) {
  console.error('sigstore verifier: ' + why);
  process.exit(1);
}

// NAME+HEX8+BASE64(1 || key): the library wants the raw key as an SPKI and the id as the first bytes of the log's id.
const [name, id, encoded] = [vkey.split('+')[0], vkey.split('+')[1], vkey.split('+').slice(2).join('+')];
const raw = Buffer.from(encoded, 'base64');
if (raw.length !== 33 || raw[0] !== 1) fail('not an Ed25519 vkey: ' + vkey);
const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]);
const log = { logID: Buffer.from(id, 'hex'), baseURL: 'https://' + name, publicKey: crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' }) };

function record(index, treeSize) {
  const bundle = Math.floor(index / 256);
  const width = Math.min(256, treeSize - bundle * 256);
  let digits = String(bundle % 1000).padStart(3, '0');
  for (let n = Math.floor(bundle / 1000); n > 0; n = Math.floor(n / 1000)) digits = 'x' + String(n % 1000).padStart(3, '0') + '/' + digits;
  const bytes = fs.readFileSync(path.join(dir, 'tile/entries', digits + (width < 256 ? '.p/' + width : '')));
  let at = 0;
  for (let i = 0; i < index % 256; i++) at += 2 + bytes.readUInt16BE(at);
  return bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at));
}

const envelope = fs.readFileSync(path.join(dir, 'checkpoint'), 'utf8');
const published = verifyCheckpoint({ inclusionProof: { checkpoint: { envelope } } }, [log]);
if (published.origin !== name || (size >= 0 && published.logSize !== BigInt(size))) fail(`checkpoint: ${published.origin}, size ${published.logSize}`);
for (const file of proofs) {
  const [head, ...rest] = fs.readFileSync(file, 'utf8').split('\n\n');
  const lines = head.split('\n');
  const index = Number(path.basename(file, '.tlog-proof'));
  if (lines[0] !== 'c2sp.org/tlog-proof@v1' || lines[1] !== 'index ' + index) fail(file + ': not a proof of record ' + index);
  const entry = {
    canonicalizedBody: record(index, Number(published.logSize)),
    inclusionProof: { logIndex: String(index), hashes: lines.slice(2).map((line) => Buffer.from(line, 'base64')), checkpoint: { envelope: rest.join('\n\n') } },
  };
  try {
    verifyTLogInclusion(entry, [log]);
  } catch (error) {
    fail(`${file}: ${error.message}`);
  }
}
console.log(`size ${published.logSize}: good, ${proofs.length} proofs`);
