// A model that says what a script tells it to: stands in for the vendors' APIs so that real agent clients run offline.
//   node server.mjs PORT TURNS.json LOG.jsonl
// TURNS.json is a list of turns, {"thought", "text", "calls": [{"name", "input"} or {"name", "raw"}]}; the last turn repeats for ever.
// Which turn is due follows from the request alone, by counting the tool results in it: a client may retry, or ask on the side
// for a title, without moving the script on. An input value "{last:REGEX}" becomes what the first group last matched in the
// request, a number if it is one: that is how a script names an id that the client made up. Speaks Anthropic Messages, OpenAI Responses, OpenAI Chat Completions and Gemini.
import { createServer } from 'node:http';
import { appendFileSync, readFileSync } from 'node:fs';

const [port, turnsFile, logFile] = process.argv.slice(2);
const turns = JSON.parse(readFileSync(turnsFile, 'utf8'));
let serial = 0;
const newId = (kind) => `${kind}_${String(++serial).padStart(5, '0')}`;

function turnAfter(results) {
  let before = 0;
  for (const turn of turns) {
    before += turn.calls?.length ?? 0;
    if (results < before) return turn;
  }
  return turns[turns.length - 1];
}

function fillIn(value, text) {
  if (typeof value === 'string' && value.startsWith('{last:') && value.endsWith('}')) {
    const found = [...text.matchAll(new RegExp(value.slice(6, -1), 'g'))].at(-1)?.[1] ?? '';
    return /^[0-9]+$/.test(found) ? Number(found) : found;
  }
  if (Array.isArray(value)) return value.map((item) => fillIn(item, text));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, text)]));
  return value;
}

// The reply to a request that offers no tools: titles, summaries, routing.
const aside = { text: '{"title":"a task"}' };

const list = (value) => (Array.isArray(value) ? value : []);
const argumentsOf = (call) => JSON.stringify(call.input ?? {});

class Stream {
  constructor(response) {
    this.response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  }
  send(data, event) {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    this.response.write(`${event ? `event: ${event}\n` : ''}data: ${text}\n\n`);
  }
  typed(data) { this.send(data, data.type); }
  end() { this.response.end(); }
}

function sendJson(response, value, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

const anthropic = {
  path: /\/messages$/,
  results: (body) => list(body.messages).flatMap((m) => list(m.content)).filter((part) => part.type === 'tool_result').length,
  offersTools: (body) => list(body.tools).length > 0,
  reply(body, turn, response) {
    const blocks = [];
    if (turn.thought) blocks.push({ type: 'thinking', thinking: turn.thought, signature: 'c2lnbmVk' });
    if (turn.text) blocks.push({ type: 'text', text: turn.text });
    for (const call of list(turn.calls)) blocks.push({ type: 'tool_use', id: newId('toolu'), name: call.name, input: call.input });
    const usage = { input_tokens: 3, output_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    const ending = { stop_reason: list(turn.calls).length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null };
    const message = { id: newId('msg'), type: 'message', role: 'assistant', model: body.model, usage };
    if (!body.stream) return sendJson(response, { ...message, content: blocks, ...ending });
    const stream = new Stream(response);
    stream.typed({ type: 'message_start', message: { ...message, content: [], stop_reason: null, stop_sequence: null } });
    blocks.forEach((block, index) => {
      const deltas = {
        text: () => [{ type: 'text_delta', text: block.text }],
        thinking: () => [{ type: 'thinking_delta', thinking: block.thinking }, { type: 'signature_delta', signature: block.signature }],
        tool_use: () => [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }],
      }[block.type]();
      const blank = { text: { text: '' }, thinking: { thinking: '', signature: '' }, tool_use: { input: {} } }[block.type];
      stream.typed({ type: 'content_block_start', index, content_block: { ...block, ...blank } });
      for (const delta of deltas) stream.typed({ type: 'content_block_delta', index, delta });
      stream.typed({ type: 'content_block_stop', index });
    });
    stream.typed({ type: 'message_delta', delta: ending, usage });
    stream.typed({ type: 'message_stop' });
    stream.end();
  },
};

const responses = {
  path: /\/responses$/,
  results: (body) => list(body.input).filter((item) => /_call_output$/.test(item.type ?? '')).length,
  // Newer models are given their tools as an item of the conversation.
  offersTools: (body) => list(body.tools).length > 0 || list(body.input).some((item) => item.type === 'additional_tools'),
  reply(body, turn, response) {
    const items = [];
    if (turn.thought) items.push({ type: 'reasoning', id: newId('rs'), summary: [{ type: 'summary_text', text: turn.thought }], encrypted_content: null });
    if (turn.text)
      items.push({ type: 'message', id: newId('msg'), role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: turn.text, annotations: [] }] });
    for (const call of list(turn.calls)) {
      const common = { call_id: newId('call'), name: call.name, status: 'completed', ...(call.namespace ? { namespace: call.namespace } : {}) };
      items.push(call.raw !== undefined ? { type: 'custom_tool_call', id: newId('ctc'), input: call.raw, ...common }
        : { type: 'function_call', id: newId('fc'), arguments: argumentsOf(call), ...common });
    }
    const usage = { input_tokens: 3, input_tokens_details: { cached_tokens: 0 }, output_tokens: 3, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 6 };
    const whole = { id: newId('resp'), object: 'response', created_at: 0, model: body.model, status: 'completed', output: items, usage };
    if (!body.stream) return sendJson(response, whole);
    const stream = new Stream(response);
    stream.typed({ type: 'response.created', response: { ...whole, status: 'in_progress', output: [] } });
    items.forEach((item, index) => {
      stream.typed({ type: 'response.output_item.added', output_index: index, item });
      if (item.type === 'message')
        stream.typed({ type: 'response.output_text.delta', item_id: item.id, output_index: index, content_index: 0, delta: item.content[0].text });
      stream.typed({ type: 'response.output_item.done', output_index: index, item });
    });
    stream.typed({ type: 'response.completed', response: whole });
    stream.end();
  },
};

const chat = {
  path: /\/chat\/completions$/,
  results: (body) => list(body.messages).filter((m) => m.role === 'tool').length,
  offersTools: (body) => list(body.tools).length > 0,
  reply(body, turn, response) {
    const calls = list(turn.calls).map((call, index) => ({ index, id: newId('call'), type: 'function', function: { name: call.name, arguments: argumentsOf(call) } }));
    const reason = calls.length > 0 ? 'tool_calls' : 'stop';
    const head = { id: newId('chat'), created: 0, model: body.model };
    const usage = { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 };
    if (!body.stream) {
      const message = { role: 'assistant', content: turn.text ?? null, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
      return sendJson(response, { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: reason }], usage });
    }
    const stream = new Stream(response);
    const chunk = (delta, finish_reason = null) => stream.send({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
    chunk({ role: 'assistant', content: '' });
    if (turn.thought) chunk({ reasoning_content: turn.thought });
    if (turn.text) chunk({ content: turn.text });
    if (calls.length > 0) chunk({ tool_calls: calls });
    chunk({}, reason);
    stream.send({ ...head, object: 'chat.completion.chunk', choices: [], usage });
    stream.send('[DONE]');
    stream.end();
  },
};

const gemini = {
  path: /:(generateContent|streamGenerateContent)$/,
  results: (body) => list(body.contents).flatMap((c) => list(c.parts)).filter((part) => part.functionResponse).length,
  offersTools: (body) => list(body.tools).some((tool) => list(tool.functionDeclarations).length > 0),
  reply(body, turn, response, url) {
    const parts = [];
    if (turn.thought) parts.push({ text: turn.thought, thought: true });
    if (turn.text) parts.push({ text: turn.text });
    for (const call of list(turn.calls)) parts.push({ functionCall: { name: call.name, args: call.input }, thoughtSignature: 'c2lnbmVk' });
    const whole = {
      candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 3, totalTokenCount: 6 }, modelVersion: 'scripted', responseId: newId('gen'),
    };
    if (!url.includes(':streamGenerateContent')) return sendJson(response, whole);
    const stream = new Stream(response);
    stream.send(whole);
    stream.end();
  },
};

function answer(request, text, response) {
  const url = request.url;
  const path = url.split('?')[0];
  const body = text === '' ? {} : JSON.parse(text);
  appendFileSync(logFile, `${JSON.stringify({ method: request.method, url, body })}\n`);
  if (path.endsWith('/count_tokens')) return sendJson(response, { input_tokens: 3 });
  if (path.endsWith(':countTokens')) return sendJson(response, { totalTokens: 3 });
  if (path.endsWith('/models')) return sendJson(response, { object: 'list', data: [{ id: 'scripted', object: 'model', created: 0, owned_by: 'test' }], models: [] });
  const dialect = [anthropic, responses, chat, gemini].find((d) => d.path.test(path));
  if (!dialect) return sendJson(response, { error: { type: 'not_found_error', message: `no such address here: ${path}` } }, 404);
  const turn = dialect.offersTools(body) ? turnAfter(dialect.results(body)) : aside;
  return dialect.reply(body, fillIn(turn, text), response, url);
}

createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    try {
      answer(request, Buffer.concat(parts).toString('utf8'), response);
    } catch (error) {
      sendJson(response, { error: String(error) }, 500);
    }
  });
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
