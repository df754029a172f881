// Writes random policy sets, entities and requests with the answers of the reference engine, one JSON object a line, for src/cedar/testdata.
// Development only: needs the npm package @cedar-policy/cedar-wasm, version 4.10.0, where NODE_PATH points.
//   NODE_PATH=.../node_modules node generate.js SEED SETS OUT.jsonl        (about 3 cases a set: parsing, three authorizations, one validation)
const c=require('@cedar-policy/cedar-wasm/nodejs'),fs=require('fs'),path=require('path');
let seed=Number(process.argv[2]||1);const N=Number(process.argv[3]||2000);
function rnd(){seed=(seed*1103515245+12345)&0x7fffffff;return seed/0x7fffffff}
const R=n=>Math.floor(rnd()*n),P=a=>a[R(a.length)],chance=p=>rnd()<p;
const golden=JSON.parse(fs.readFileSync(path.join(__dirname,'../../src/cedar/testdata/validate.json')));const schema=golden.schema;
const attrs=['name','age','boss','home','labels','ip','ok','when','owner','"a b"','size','meta','mfa','risk','span','who','city','zip','deep','x','nope'];
const uids=['User::"a"','User::"b"','User::"none"','Group::"g"','Group::"h"','Doc::"d"','Folder::"f"','Bot::"b"','Label::"secret"','Label::"untrusted"','Label::"x"','Action::"read"','Action::"write"','Action::"any"','Nope::"n"','N::Action::"x"'];
const strs=['"a"','"b"','""','"x y"','"\\u{1F600}"','"a*b"','"\\n\\t\\0\\x41"','"1.2.3.4"','"1.50"','"2024-01-01"','"1d2h"'];
const longs=['0','1','2','7','-1','9223372036854775807','-9223372036854775808','4611686018427387904','42'];
const types=['User','Group','Doc','Bot','Nope','Action','Folder','Label'];
const dts=['"2024-02-29"','"2024-01-01T00:00:00Z"','"1969-12-31T23:59:59.999Z"','"2024-01-01T12:30:00.5Z"','"0000-01-01"','"9999-12-31T23:59:59+2359"','"2024-01-01T00:00:00-0100"','"bad"'];
const durs=['"1d"','"-1h30m"','"9223372036854775807ms"','"-9223372036854775808ms"','"1ms"','"1m1s"','"1s1m"','""'];
const ips=['"10.0.0.1"','"10.0.0.0/8"','"::1"','"ff02::1/16"','"127.0.0.1"','"1.2.3.4/33"','"fe80::/10"','"224.0.0.0/4"','"1:2:3:4:5:6:7::"'];
const decs=['"1.0"','"-0.5"','"922337203685477.5807"','"1.23456"','"1"','"0.0001"'];
function ident(){return P(attrs.filter(a=>a[0]!='"'))}
function attr(){const a=P(attrs);return a}
function get(e,a){return a[0]=='"'?`${e}[${a}]`:chance(.15)?`${e}["${a}"]`:`${e}.${a}`}
function ent(d){if(d<=0||chance(.4))return P(['principal','resource','action',P(uids)]);return P([()=>get(ent(d-1),P(['boss','owner','who'])),()=>`(if ${bool(d-1)} then ${ent(d-1)} else ${ent(d-1)})`])()}
function rec(d){if(d<=0||chance(.4))return 'context';return P([()=>get('principal','home'),()=>get('resource','meta'),()=>`{${[...new Set([0,1].map(()=>P(['a','b','x','"a b"','name'])))].map(k=>k+': '+any(d-1)).join(', ')}}`])()}
function str(d){if(d<=0||chance(.5))return P(strs);return P([()=>get(ent(d-1),'name'),()=>`${ent(d-1)}.getTag(${str(0)})`,()=>get(rec(d-1),P(['city','kind','name']))])()}
function long(d){if(d<=0||chance(.4))return P(longs);return P([()=>`(${long(d-1)} ${P(['+','-','*'])} ${long(d-1)})`,()=>`-(${long(d-1)})`,()=>get(ent(d-1),P(['age','size'])),()=>`${dur(d-1)}.${P(['toMilliseconds','toSeconds','toMinutes','toHours','toDays'])}()`])()}
function dt(d){if(d<=0||chance(.5))return `datetime(${P(dts)})`;return P([()=>get('principal','when'),()=>`${dt(d-1)}.offset(${dur(d-1)})`,()=>`${dt(d-1)}.toDate()`])()}
function dur(d){if(d<=0||chance(.5))return `duration(${P(durs)})`;return P([()=>get('context','span'),()=>`${dt(d-1)}.durationSince(${dt(d-1)})`,()=>`${dt(d-1)}.toTime()`])()}
function ip(d){return chance(.7)?`ip(${P(ips)})`:chance(.8)?get('principal','ip'):`ip(${str(d-1)})`}
function dec(d){return chance(.7)?`decimal(${P(decs)})`:get('context','risk')}
function set(d){return P([()=>`[${[0,1,2].slice(R(4)).map(()=>any(d-1)).join(', ')}]`,()=>`[${P(uids)}, ${P(uids)}]`,()=>`[${long(d-1)}, ${long(0)}]`,()=>get('principal','labels'),()=>'[]'])()}
function any(d){return P([bool,ent,str,long,set,rec,dt,dur,ip,dec])(d)}
function bool(d){if(d<=0)return P(['true','false','principal.ok','context.mfa','principal has boss','context has risk','resource has owner']);
 return P([()=>`(${bool(d-1)} && ${bool(d-1)})`,()=>`(${bool(d-1)} || ${bool(d-1)})`,()=>`${bool(d-1)} && ${bool(d-1)}`.replace(/^/,'(')+')',()=>`!(${bool(d-1)})`,()=>`(if ${bool(d-1)} then ${bool(d-1)} else ${bool(d-1)})`,
 ()=>`(${any(d-1)} ${P(['==','!='])} ${any(d-1)})`,()=>{const t=P([long,dt,dur,str,ent,set]);return `(${t(d-1)} ${P(['==','!='])} ${t(d-1)})`},()=>{const t=P([long,long,dt,dur,any]);return `(${t(d-1)} ${P(['<','<=','>','>='])} ${t(d-1)})`},
 ()=>`(${ent(d-1)} in ${P([ent,set])(d-1)})`,()=>`(${ent(d-1)} is ${P(types)}${chance(.4)?' in '+P([ent,set])(d-1):''})`,
 ()=>`(${P([ent,rec,any])(d-1)} has ${chance(.5)?attr():[0,1,2].slice(R(2)).map(ident).join('.')})`,()=>`(${str(d-1)} like ${P(['"*"','"a*"','"*b*"','"\\\\*"','""','"a\\\\*b"','"* *"'])})`.replace(/\\\\\\\\/g,'\\\\'),
 ()=>`${set(d-1)}.${P(['contains','containsAll','containsAny'])}(${P([any,set])(d-1)})`,()=>`${set(d-1)}.isEmpty()`,()=>`${ent(d-1)}.hasTag(${str(d-1)})`,()=>{const e=ent(d-1),s=str(0);return `(${e}.hasTag(${s}) && ${e}.getTag(${s}) == ${str(0)})`},()=>{const e=ent(d-1),a=ident();return `(${e} has ${a} && ${get(e,a)} == ${any(d-1)})`},
 ()=>`${ip(d)}.${P(['isIpv4()','isIpv6()','isLoopback()','isMulticast()',`isInRange(${ip(d-1)})`])}`,()=>`${dec(d)}.${P(['lessThan','lessThanOrEqual','greaterThan','greaterThanOrEqual'])}(${dec(d)})`])()}
function scope(v,us,ts){return P([()=>v,()=>v,()=>`${v} == ${P(us)}`,()=>`${v} in ${P(us)}`,()=>`${v} is ${P(ts)}`,()=>`${v} is ${P(ts)} in ${P(us)}`])()}
function action(){return P([()=>'action',()=>'action',()=>`action == Action::"${P(['read','write','list','nope'])}"`,()=>`action in Action::"any"`,()=>`action in [${['Action::"read"','Action::"any"','Action::"x"'].slice(R(4)).join(', ')}]`])()}
function policy(){let s=chance(.2)?`@id("p${R(9)}") `:'';s+=`${chance(.7)?'permit':'forbid'}(${scope('principal',['User::"a"','Group::"g"','Bot::"b"','User::"b"','Group::"h"'],['User','Bot','Group','Nope'])}, ${action()}, ${scope('resource',['Doc::"d"','Folder::"f"','Doc::"e"'],['Doc','Folder','User'])})`;
 for(let i=R(3);i>0;--i)s+=` ${chance(.7)?'when':'unless'} { ${bool(1+R(4))} }`;return s+';'}
const toks=['permit','forbid','(',')','{','}','[',']',',',';','.','::',':','==','=','!','-','&&','||','in','is','has','like','if','then','else','"a"','"\\q"','"*"','1','9223372036854775808','principal','?principal','User','when','unless','@a','true','//x\n','+','*','/','<','\u00a0','#','__cedar','contains'];
function mutate(t){const k=R(3)+1;for(let i=0;i<k;i++){const p=t.match(/"(?:\\.|[^"\\])*"|\w+|::|&&|\|\||[=!<>]=|\s+|./gs)||[];if(!p.length)return t;const j=R(p.length);const m=R(4);if(m==0)p.splice(j,1);else if(m==1)p.splice(j,0,P(toks));else if(m==2)p[j]=P(toks);else{const l=R(p.length);[p[j],p[l]]=[p[l],p[j]]}t=p.join('')}return t}
const U=(t,i)=>({type:t,id:i}),E=(t,i)=>({__entity:U(t,i)}),X=(f,a)=>({__extn:{fn:f,arg:a}});
function entities(){const ua={name:P(['a','x y','']),age:P([1,7,42]),labels:[E('Label','secret')].slice(R(2)),ok:chance(.5),when:X('datetime','2024-01-01')};if(chance(.5))ua.boss=E('User',P(['b','a','none']));if(chance(.5))ua.home=chance(.5)?{city:'a'}:{city:'b',zip:2};if(chance(.5))ua.ip=X('ip','10.0.0.1');
 return [{uid:U('User','a'),attrs:ua,parents:chance(.6)?[U('Group','g')]:[],tags:chance(.6)?{a:'a',b:'x'}:{}},{uid:U('User','b'),attrs:{name:'b',age:2,labels:[],ok:true,when:X('datetime','1969-12-31')},parents:[]},{uid:U('Group','g'),attrs:{},parents:chance(.5)?[U('Group','h')]:[]},{uid:U('Doc','d'),attrs:{owner:E('User','a'),'a b':1,meta:{kind:'a'}},parents:chance(.5)?[U('Folder','f')]:[]},
 {uid:U('Action','read'),attrs:{},parents:[U('Action','any')]}]}
function ctx(){const o={mfa:chance(.5)};if(chance(.4))o.risk=X('decimal','0.5');if(chance(.4))o.span=X('duration','1h');if(chance(.4))o.who=E('User','a');return o}
const KINDS=[['unrecognized entity type','unrecognized-entity-type'],['unrecognized action','unrecognized-action'],['unable to find an applicable action','no-applicable-action'],['unexpected type: expected','unexpected-type'],['are not compatible','incompatible-types'],['access to optional attribute','unguarded-attribute'],['safety of access to tag','unguarded-tag'],['wrong number of arguments','wrong-argument-count'],['error during extension function argument validation','unreadable-literal'],['empty set literals are forbidden','empty-set'],['may not be called with non-literal','computed-literal'],['not allowed to have tags','no-tags'],['numerated','not-in-enum'],['ttribute','no-such-attribute']];
const out=fs.openSync(process.argv[4]||'diff.jsonl','w');let n=0;
for(let i=0;i<N;i++){const k=1+R(8);let text='';for(let j=0;j<k;j++)text+=policy()+'\n';if(chance(.25))text=mutate(text);
 const o={policies:text};const parts=c.policySetTextToParts(text);o.parses=parts.type==='success'&&parts.policy_templates.length===0;if(parts.type==='success'&&!o.parses)continue;
 if(o.parses){o.entities=entities();o.requests=[];
  for(let q=0;q<3;q++){const r={principal:U(...P([['User','a'],['User','b'],['User','none'],['Bot','b']])),action:U('Action',P(['read','write','list'])),resource:U(...P([['Doc','d'],['Doc','e'],['Folder','f']])),context:ctx()};
   const a=c.isAuthorized({...r,policies:{staticPolicies:text},entities:o.entities});if(a.type!=='success'){console.error(a.errors.map(e=>e.message).join());continue}
   r.decision=a.response.decision;r.reason=a.response.diagnostics.reason;r.errors=a.response.diagnostics.errors.map(e=>e.policyId);o.requests.push(r);n++}
  const v=c.validate({schema,policies:{staticPolicies:text}});if(v.type==='success'){o.problems={};for(const e of v.validationErrors){const m=e.error.message;const kk=KINDS.find(x=>m.includes(x[0]));(o.problems[e.policyId]??=[]).push(kk?kk[1]:'? '+m)}o.impossible=v.validationWarnings.filter(x=>/impossible/.test(x.error.message)).map(x=>x.policyId);n++}}
 else n++;
 fs.writeSync(out,JSON.stringify(o)+'\n')}
console.log(n,'cases');
