// echo_server.mjs [MARK]: an MCP server with one tool, over standard input and output; makes the file MARK when the tool is called.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const mark = process.argv[2];
const answer = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return; // a notification
  if (method === 'initialize') {
    answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'echo', version: '1.0.0' } });
  } else if (method === 'tools/list') {
    answer(id, { tools: [{ name: 'echo', description: 'Says what it is told', inputSchema: { type: 'object', properties: { message: { type: 'string' } } } }] });
  } else if (method === 'tools/call') {
    if (mark) writeFileSync(mark, '');
    answer(id, { content: [{ type: 'text', text: `Echo: ${params.arguments.message}` }] });
  } else if (method === 'ping') {
    answer(id, {});
  } else {
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } })}\n`);
  }
});
