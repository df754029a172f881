// Writes random schemas, policy sets, templates, entities and requests with the answers of the reference engine, one JSON object a line.
// Development only: needs the npm package @cedar-policy/cedar-wasm, version 4.10.0, where NODE_PATH points.
//
//   NODE_PATH=.../node_modules node tests/cedar/generate.js SEED SETS OUT.jsonl
//   CHECKREIN_DIFFERENTIAL=OUT.jsonl build/release-test/cedar_test --gtest_filter='CedarDifferential.*'
//
// src/cedar/testdata/differential.jsonl is what seed 1 with 250 sets gives. One answer of the reference is one case: whether a text parses,
// a decision with its reasons and errors, what is wrong with a policy, whether data conform, what a policy is in JSON.
const cedar = require('@cedar-policy/cedar-wasm/nodejs'), fs = require('fs'), path = require('path');

// ---- chance (mulberry32)
let state = Number(process.argv[2] || 1) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = n => Math.floor(random() * n), one = list => list[below(list.length)], chance = p => random() < p;
const some = (list, p) => list.filter(() => chance(p));

// ---- words
const fixedSchema = JSON.parse(fs.readFileSync(path.join(process.env.CEDAR_TESTDATA || path.join(__dirname, '../../src/cedar/testdata'), 'validate.json'))).schema;
const attributes = ['name', 'age', 'boss', 'home', 'labels', 'ip', 'ok', 'when', 'owner', '"a b"', 'size', 'meta', 'mfa', 'risk', 'span', 'who', 'city', 'zip', 'deep', 'x', 'nope'];
const plainAttributes = attributes.filter(a => a[0] !== '"');
const entities_ = ['User::"a"', 'User::"b"', 'User::"none"', 'Group::"g"', 'Group::"h"', 'Doc::"d"', 'Folder::"f"', 'Bot::"b"', 'Label::"secret"', 'Label::"untrusted"', 'Label::"x"', 'Action::"read"', 'Action::"write"', 'Action::"any"', 'Nope::"n"', 'N::Action::"x"', 'N::Doc::"d"'];
const strings = ['"a"', '"b"', '""', '"x y"', '"\\u{1F600}"', '"a*b"', '"\\n\\t\\0\\x41"', '"1.2.3.4"', '"1.50"', '"2024-01-01"', '"1d2h"', '"\\u{0}é"'];
const longs = ['0', '1', '2', '7', '-1', '9223372036854775807', '-9223372036854775808', '4611686018427387904', '42'];
const types = ['User', 'Group', 'Doc', 'Bot', 'Nope', 'Action', 'Folder', 'Label', 'N::Doc'];
const datetimes = ['"2024-02-29"', '"2024-01-01T00:00:00Z"', '"1969-12-31T23:59:59.999Z"', '"2024-01-01T12:30:00.5Z"', '"0000-01-01"', '"9999-12-31T23:59:59+2359"', '"2024-01-01T00:00:00-0100"', '"2023-02-29"', '"bad"'];
const durations = ['"1d"', '"-1h30m"', '"9223372036854775807ms"', '"-9223372036854775808ms"', '"1ms"', '"1m1s"', '"1s1m"', '""', '"-"', '"106751991167d"'];
const ips = ['"10.0.0.1"', '"10.0.0.0/8"', '"::1"', '"ff02::1/16"', '"127.0.0.1"', '"1.2.3.4/33"', '"fe80::/10"', '"224.0.0.0/4"', '"1:2:3:4:5:6:7::"', '"01.2.3.4"', '"::ffff:1.2.3.4"', '"0.0.0.0/0"', '"::/0"'];
const decimals = ['"1.0"', '"-0.5"', '"922337203685477.5807"', '"1.23456"', '"1"', '"0.0001"', '"-922337203685477.5808"', '"1."'];

// ---- expressions of each type, `depth` deep at most; now and then of another
const get = (e, a) => a[0] === '"' ? `${e}[${a}]` : chance(.15) ? `${e}["${a}"]` : `${e}.${a}`;
const pick = alternatives => one(alternatives)();
const leaf = (depth, p) => depth <= 0 || chance(p);
function entity(d) {
  if (leaf(d, .4)) return one(['principal', 'resource', 'action', one(entities_)]);
  return pick([() => get(entity(d - 1), one(['boss', 'owner', 'who'])), () => `(if ${bool(d - 1)} then ${entity(d - 1)} else ${entity(d - 1)})`]);
}
function record(d) {
  if (leaf(d, .4)) return 'context';
  const fields = () => [...new Set(some(['a', 'b', 'x', '"a b"', 'name', 'if'], .4))].map(k => `${k}: ${any(d - 1)}`).join(', ');
  return pick([() => get('principal', 'home'), () => get('resource', 'meta'), () => `{${fields()}${chance(.1) ? ',' : ''}}`]);
}
function string(d) {
  if (leaf(d, .5)) return one(strings);
  return pick([() => get(entity(d - 1), 'name'), () => `${entity(d - 1)}.getTag(${string(0)})`, () => get(record(d - 1), one(['city', 'kind', 'name']))]);
}
function long(d) {
  if (leaf(d, .4)) return one(longs);
  return pick([() => `(${long(d - 1)} ${one(['+', '-', '*'])} ${long(d - 1)})`, () => `${long(0)} ${one(['+', '-', '*'])} ${long(0)} ${one(['+', '-', '*'])} ${long(0)}`, () => `-(${long(d - 1)})`, () => '-'.repeat(below(6)) + '1',
    () => get(entity(d - 1), one(['age', 'size'])), () => `${duration(d - 1)}.${one(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])}()`]);
}
function datetime(d) {
  if (leaf(d, .5)) return `datetime(${one(datetimes)})`;
  return pick([() => get('principal', 'when'), () => `${datetime(d - 1)}.offset(${duration(d - 1)})`, () => `${datetime(d - 1)}.toDate()`]);
}
function duration(d) {
  if (leaf(d, .5)) return `duration(${one(durations)})`;
  return pick([() => get('context', 'span'), () => `${datetime(d - 1)}.durationSince(${datetime(d - 1)})`, () => `${datetime(d - 1)}.toTime()`]);
}
const ip = d => chance(.7) ? `ip(${one(ips)})` : chance(.8) ? get('principal', 'ip') : `ip(${string(d - 1)})`;
const decimal = () => chance(.7) ? `decimal(${one(decimals)})` : get('context', 'risk');
function set(d) {
  const list = of => `[${Array.from({length: below(4)}, of).join(', ')}${chance(.05) ? ',' : ''}]`;
  return pick([() => list(() => any(d - 1)), () => `[${one(entities_)}, ${one(entities_)}]`, () => list(() => long(d - 1)), () => list(() => set(d - 2)), () => get('principal', 'labels'), () => '[]']);
}
const any = d => d < -2 ? one(longs) : one([bool, entity, string, long, set, record, datetime, duration, ip, decimal])(d);
const likes = ['"*"', '"a*"', '"*b*"', '"\\*"', '""', '"a\\*b"', '"* *"', '"*a*b*"', '"\\u{41}*"', '"**"'];
function bool(d) {
  if (d <= 0) return one(['true', 'false', 'principal.ok', 'context.mfa', 'principal has boss', 'context has risk', 'resource has owner']);
  const e = () => bool(d - 1);
  return pick([
    () => `(${e()} && ${e()})`, () => `(${e()} || ${e()})`, () => `${e()} && ${e()} || ${e()}`, () => `!(${e()})`, () => '!'.repeat(1 + below(5)) + 'context.mfa', () => `(if ${e()} then ${e()} else ${e()})`,
    () => `(${any(d - 1)} ${one(['==', '!='])} ${any(d - 1)})`, () => { const t = one([long, datetime, duration, string, entity, set]); return `(${t(d - 1)} ${one(['==', '!='])} ${t(d - 1)})`; },
    () => { const t = one([long, long, datetime, duration, any]); return `(${t(d - 1)} ${one(['<', '<=', '>', '>='])} ${t(d - 1)})`; },
    () => `(${entity(d - 1)} in ${one([entity, set])(d - 1)})`, () => `(${entity(d - 1)} is ${one(types)}${chance(.4) ? ' in ' + one([entity, set])(d - 1) : ''})`,
    () => `(${one([entity, record, any])(d - 1)} has ${chance(.5) ? one(attributes) : Array.from({length: 1 + below(3)}, () => one(plainAttributes)).join('.')})`, () => `(${string(d - 1)} like ${one(likes)})`,
    () => `${set(d - 1)}.${one(['contains', 'containsAll', 'containsAny'])}(${one([any, set])(d - 1)})`, () => `${set(d - 1)}.isEmpty()`, () => `${entity(d - 1)}.hasTag(${string(d - 1)})`,
    () => { const x = entity(d - 1), s = string(0); return `(${x}.hasTag(${s}) && ${x}.getTag(${s}) == ${string(0)})`; }, () => { const x = entity(d - 1), a = one(plainAttributes); return `(${x} has ${a} && ${get(x, a)} == ${any(d - 1)})`; },
    () => `${ip(d)}.${one(['isIpv4()', 'isIpv6()', 'isLoopback()', 'isMulticast()', `isInRange(${ip(d - 1)})`])}`, () => `${decimal()}.${one(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${decimal()})`]);
}

// ---- policies
function scope(variable, uids, scopeTypes, slot) {
  const uid = () => slot && chance(.7) ? `?${variable}` : one(uids);
  return pick([() => variable, () => variable, () => `${variable} == ${uid()}`, () => `${variable} in ${uid()}`, () => `${variable} is ${one(scopeTypes)}`, () => `${variable} is ${one(scopeTypes)} in ${uid()}`]);
}
const action = () => pick([() => 'action', () => 'action', () => `action == Action::"${one(['read', 'write', 'list', 'nope'])}"`, () => 'action in Action::"any"', () => `action in [${some(['Action::"read"', 'Action::"any"', 'Action::"x"'], .6).join(', ')}]`]);
function policy(slots) {
  let text = chance(.2) ? `@id("p${below(9)}") ${chance(.3) ? '@note ' : ''}` : '';
  if (chance(.05)) text += '// a remark\n';
  text += `${chance(.7) ? 'permit' : 'forbid'}(${scope('principal', ['User::"a"', 'Group::"g"', 'Bot::"b"', 'User::"b"', 'Group::"h"'], ['User', 'Bot', 'Group', 'Nope'], slots)}, ${action()}, ${scope('resource', ['Doc::"d"', 'Folder::"f"', 'Doc::"e"'], ['Doc', 'Folder', 'User'], slots)})`;
  for (let i = below(3); i > 0; --i) text += ` ${chance(.7) ? 'when' : 'unless'} { ${bool(1 + below(4))} }`;
  return text + ';';
}
const tokens = ['permit', 'forbid', '(', ')', '{', '}', '[', ']', ',', ';', '.', '::', ':', '==', '=', '!', '-', '&&', '||', 'in', 'is', 'has', 'like', 'if', 'then', 'else', '"a"', '"\\q"', '"*"', '1', '9223372036854775808', 'principal', '?principal', 'User', 'when', 'unless', '@a', 'true', '//x\n',
  '+', '*', '/', '%', '<', '\u00a0', '#', '__cedar', 'contains', 'ip', 'entity', 'Set', 'tags', 'enum', 'action', 'namespace', '?', '>', 'appliesTo', 'type', 'Long', '\'', '\\'];
function mutate(text) {
  for (let i = 1 + below(3); i > 0; --i) {
    const parts = text.match(/"(?:\\.|[^"\\])*"|\w+|::|&&|\|\||[=!<>]=|\s+|./gs) || [];
    if (!parts.length) return text;
    const at = below(parts.length), other = below(parts.length);
    pick([() => parts.splice(at, 1), () => parts.splice(at, 0, one(tokens)), () => { parts[at] = one(tokens); }, () => { [parts[at], parts[other]] = [parts[other], parts[at]]; }]);
    text = parts.join('');
  }
  return text;
}

// ---- schemas: the fixed one's names with other types, kinds and places
const basicTypes = ['String', 'Long', 'Bool', 'ipaddr', 'decimal', 'datetime', 'duration', 'User', 'Doc', 'Label', 'Set<String>', 'Set<Label>', 'Set<User>', 'Set<Set<Long>>', '{ city: String, zip?: Long }', '{ x: Long, deep?: { x: Bool } }', 'T', '{}'];
const rightTypes = {name: 'String', age: 'Long', boss: 'User', home: '{ city: String, zip?: Long }', labels: 'Set<Label>', ip: 'ipaddr', ok: 'Bool', when: 'datetime', owner: 'User', '"a b"': 'Long', size: 'Long', meta: '{ kind: String, deep?: { x: Long } }', mfa: 'Bool', risk: 'decimal', span: 'duration', who: 'User'};
function shape(names) {
  return `{ ${some(names, .8).map(n => `${n}${chance(.35) ? '?' : ''}: ${chance(.75) ? rightTypes[n] || 'Long' : one(basicTypes)}`).join(', ')} }`;
}
function schema() {
  if (chance(.4)) return fixedSchema;
  const lines = [
    chance(.7) ? 'entity Label enum ["secret", "untrusted"];' : 'entity Label;',
    `entity User in [${some(['Group', 'User'], .5).join(', ') || 'Group'}]${chance(.8) ? ' = ' : ' '}${shape(['name', 'age', 'boss', 'home', 'labels', 'ip', 'ok', 'when'])}${chance(.5) ? ' tags ' + one(['String', 'Long', 'Set<String>']) : ''};`,
    `entity Group${chance(.5) ? ' in Group' : ''};`,
    `entity Doc${chance(.7) ? ' in [Folder]' : ''} = ${shape(['owner', '"a b"', 'size', 'meta', 'name'])};`,
    chance(.5) ? 'entity Folder, Bot;' : 'entity Folder; entity Bot;',
    `type T = ${one(basicTypes.filter(t => t !== 'T'))};`,
    `type Ctx = ${shape(['mfa', 'risk', 'span', 'who'])};`,
    'action any;',
    `action read${chance(.5) ? ', list' : ''} in [any] appliesTo { principal: [${one(['User', 'User, Bot', 'User, Group'])}], resource: [${one(['Doc', 'Doc, Folder'])}], context: Ctx };`,
    `action write${chance(.5) ? ' in any' : ''} appliesTo { principal: [${one(['User', 'User, Bot'])}], resource: Doc${chance(.5) ? ', context: ' + shape(['mfa', 'who']) : ''} };`,
    chance(.3) ? 'namespace N { entity Doc; action x appliesTo { principal: User, resource: Doc }; }' : ''];
  if (chance(.2)) lines.splice(below(lines.length), 1);
  if (chance(.3)) lines.push(lines.splice(below(lines.length), 1)[0]);
  const text = lines.join('\n');
  return chance(.25) ? mutate(text) : text;
}

// ---- data
const uid = (type, id) => ({type, id}), ref = (type, id) => ({__entity: uid(type, id)}), extension = (fn, arg) => ({__extn: {fn, arg}});
function entities() {
  const a = {name: one(['a', 'x y', '']), age: one([1, 7, 42]), labels: some([ref('Label', 'secret')], .5), ok: chance(.5), when: extension('datetime', '2024-01-01')};
  if (chance(.5)) a.boss = ref('User', one(['b', 'a', 'none']));
  if (chance(.5)) a.home = chance(.5) ? {city: 'a'} : {city: 'b', zip: 2};
  if (chance(.5)) a.ip = extension('ip', '10.0.0.1');
  if (chance(.1)) a[one(['nope', 'age', 'boss'])] = one(['x', 1, [], {}, ref('Doc', 'd'), [ref('Label', 'x')]]);
  if (chance(.1)) delete a[one(Object.keys(a))];
  const all = [{uid: uid('User', 'a'), attrs: a, parents: some([uid('Group', 'g')], .6), tags: chance(.6) ? {a: 'a', b: 'x'} : {}},
    {uid: uid('User', 'b'), attrs: {name: 'b', age: 2, labels: [], ok: true, when: extension('datetime', '1969-12-31')}, parents: chance(.1) ? [uid(one(['User', 'Doc', 'Nope', 'Bot']), 'a')] : []},
    {uid: uid('Group', 'g'), attrs: {}, parents: some([uid('Group', 'h')], .5)},
    {uid: uid('Doc', 'd'), attrs: {owner: ref('User', 'a'), 'a b': 1, meta: {kind: 'a'}}, parents: some([uid('Folder', 'f')], .5)}];
  if (chance(.05)) all.push({uid: uid(one(['Nope', 'Label', 'Group', 'User', 'Bot']), one(['x', 'g', 'secret'])), attrs: {}, parents: chance(.3) ? [uid('Group', 'x')] : []});
  return all;
}
const readAction = {uid: uid('Action', 'read'), attrs: {}, parents: [uid('Action', 'any')]};
function context() {
  const c = {mfa: chance(.5)};
  if (chance(.4)) c.risk = extension('decimal', '0.5');
  if (chance(.4)) c.span = extension('duration', '1h');
  if (chance(.4)) c.who = ref('User', 'a');
  if (chance(.1)) c[one(['mfa', 'nope', 'who'])] = one([1, 'x', ref('Doc', 'd'), []]);
  return c;
}

// ---- the reference's answers
const kinds = [['unrecognized entity type', 'unrecognized-entity-type'], ['unrecognized action', 'unrecognized-action'], ['unable to find an applicable action', 'no-applicable-action'], ['unexpected type: expected', 'unexpected-type'], ['are not compatible', 'incompatible-types'],
  ['access to optional attribute', 'unguarded-attribute'], ['safety of access to tag', 'unguarded-tag'], ['wrong number of arguments', 'wrong-argument-count'], ['error during extension function argument validation', 'unreadable-literal'], ['empty set literals are forbidden', 'empty-set'],
  ['may not be called with non-literal', 'computed-literal'], ['not allowed to have tags', 'no-tags'], ['numerated', 'not-in-enum'], ['ttribute', 'no-such-attribute']];
const kindOf = message => (kinds.find(k => message.includes(k[0])) || [0, '? ' + message])[1];
let cases = 0;

function problemsOf(schemaText, policies) {
  const answer = cedar.validate({schema: schemaText, policies});
  if (answer.type !== 'success') throw new Error(answer.errors[0].message);
  const problems = {}, impossible = new Set();
  for (const e of answer.validationErrors) (problems[e.policyId] ??= new Set()).add(kindOf(e.error.message));
  for (const w of answer.validationWarnings) if (/impossible/.test(w.error.message)) impossible.add(w.policyId);
  return [Object.fromEntries(Object.entries(problems).map(([id, found]) => [id, [...found]])), [...impossible]];
}

function oneSet() {
  const out = {policies: Array.from({length: 1 + below(8)}, () => policy(false)).join('\n')};
  if (chance(.2)) out.policies = mutate(out.policies);
  const parts = cedar.policySetTextToParts(out.policies);
  out.parses = parts.type === 'success' && parts.policy_templates.length === 0;
  if (parts.type === 'success' && !out.parses) return null;  // a slot came in by mutation
  cases++;
  const text = schema();
  const known = cedar.checkParseSchema(text);
  if (text !== fixedSchema) { out.schema = text; out.schema_parses = known.type === 'success'; cases++; }
  if (!out.parses) return out;

  const policies = {staticPolicies: out.policies};
  if (chance(.35)) {
    const template = policy(true), values = {};
    for (const slot of ['?principal', '?resource']) if (template.includes(slot)) values[slot] = slot === '?principal' ? uid(...one([['User', 'a'], ['Group', 'g'], ['Bot', 'b'], ['Nope', 'n'], ['Label', 'x']])) : uid(...one([['Doc', 'd'], ['Folder', 'f'], ['Doc', 'e']]));
    if (Object.keys(values).length && cedar.checkParsePolicySet({templates: {t: template}}).type === 'success') {
      policies.templates = {t: template};
      policies.templateLinks = [{templateId: 't', newId: 'linked', values}];
      out.template = template;
      out.values = values;
    }
  }
  out.entities = entities();
  out.requests = [];
  for (let i = 0; i < 8; ++i) {
    const request = {principal: uid(...one([['User', 'a'], ['User', 'b'], ['User', 'none'], ['Bot', 'b']])), action: uid('Action', one(['read', 'write', 'list', 'nope'])), resource: uid(...one([['Doc', 'd'], ['Doc', 'e'], ['Folder', 'f']])), context: context()};
    const answer = cedar.isAuthorized({...request, policies, entities: [...out.entities, readAction]});
    if (answer.type !== 'success') { out.entities_refused = true; continue; }
    request.decision = answer.response.decision;
    request.reason = answer.response.diagnostics.reason;
    request.errors = answer.response.diagnostics.errors.map(e => e.policyId);
    cases++;
    if (known.type === 'success' && i < 2) {
      const {principal, action: asked, resource, context: given} = request;
      const empty = cedar.isAuthorized({principal, action: asked, resource, context: given, policies: {staticPolicies: ''}, entities: [], schema: text, validateRequest: true});
      request.conforms = empty.type === 'success';
      cases++;
    }
    out.requests.push(request);
  }
  if (known.type === 'success') {
    out.entities_conform = cedar.checkParseEntities({entities: out.entities, schema: text}).type === 'success';
    [out.problems, out.impossible] = problemsOf(text, policies);
    cases += 1 + (out.template ? 2 : 1);
  }
  if (chance(.3)) {
    const json = cedar.policyToJson(parts.policies[0]);
    if (json.type === 'success' && !/\d{16}/.test(JSON.stringify(json.json))) { out.json = json.json; cases++; }
  }
  return out;
}

const file = fs.openSync(process.argv[4] || 'differential.jsonl', 'w');
for (let i = Number(process.argv[3] || 2000); i > 0; --i) {
  const set = oneSet();
  if (set) fs.writeSync(file, JSON.stringify(set) + '\n');
}
console.log(cases, 'cases');
