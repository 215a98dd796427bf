/** How far a submission came decides whether it may be paid for: each way of not getting a reply, on real sockets. */
import { clientFor, failedSubmit, failureOf, IDEMPOTENCY_KEY, REQUEST, TASK_ID } from './support/client';
import { closeServers, startRawServer, startServer, unusedPort } from './support/servers';

afterEach(closeServers);

/** The request ends with the callback URL: who has seen this has seen all of it. */
const END_OF_REQUEST = JSON.stringify(REQUEST).slice(-20);

describe('nothing was sent', () => {
  test('connection refused', async () => {
    const error = await failedSubmit(`http://127.0.0.1:${await unusedPort()}`);

    expect(error).toMatchObject({ name: 'EvolinkConnectionError', outcome: 'no_task' });
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('host unknown', async () => {
    // `.invalid` resolves nowhere by RFC 6761; a machine without resolver answers EAI_AGAIN instead of ENOTFOUND.
    const error = await failedSubmit('https://evolink.invalid', 2000);

    expect(error).toMatchObject({ name: 'EvolinkConnectionError', outcome: 'no_task' });
  });

  test('time ran out during the TLS handshake', async () => {
    const server = await startRawServer(() => undefined);

    const error = await failedSubmit(`https://127.0.0.1:${server.port}`, 150);

    expect(error).toMatchObject({ name: 'EvolinkConnectionError', outcome: 'no_task' });
    expect(server.received()).not.toBe('');
  });

  test('connection reset during the TLS handshake', async () => {
    const server = await startRawServer((socket) => socket.resetAndDestroy());

    const error = await failedSubmit(`https://127.0.0.1:${server.port}`);

    expect(error).toMatchObject({ name: 'EvolinkConnectionError', outcome: 'no_task' });
  });

  test('the other side speaks no TLS', async () => {
    const server = await startRawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));

    const error = await failedSubmit(`https://127.0.0.1:${server.port}`);

    expect(error).toMatchObject({ name: 'EvolinkConnectionError', outcome: 'no_task' });
  });
});

describe('the request was sent, the outcome is unknown', () => {
  test('reset after the request', async () => {
    const server = await startRawServer((socket, received) => {
      if (received.includes(END_OF_REQUEST)) socket.resetAndDestroy();
    });

    const error = await failedSubmit(`http://127.0.0.1:${server.port}`);

    expect(error).toMatchObject({ name: 'EvolinkConnectionLostError', outcome: 'unknown' });
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  test('closed politely without a reply', async () => {
    const server = await startRawServer((socket, received) => {
      if (received.includes(END_OF_REQUEST)) socket.end();
    });

    const error = await failedSubmit(`http://127.0.0.1:${server.port}`);

    expect(error).toMatchObject({ name: 'EvolinkConnectionLostError', outcome: 'unknown' });
  });

  test('reset after the first bytes of the request', async () => {
    const server = await startRawServer((socket) => socket.resetAndDestroy());

    const error = await clientFor(`http://127.0.0.1:${server.port}`)
      .submit({ ...REQUEST, prompt: 'x'.repeat(8_000_000) }, { idempotencyKey: IDEMPOTENCY_KEY })
      .catch((reason: unknown) => reason);

    expect(error).toMatchObject({ name: 'EvolinkConnectionLostError', outcome: 'unknown' });
  });

  test('no reply in time', async () => {
    const server = await startRawServer(() => undefined);

    const error = await failedSubmit(`http://127.0.0.1:${server.port}`, 150);

    expect(error).toMatchObject({ name: 'EvolinkTimeoutError', outcome: 'unknown' });
    expect(server.received()).toContain(END_OF_REQUEST);
  });

  test('a reply that never ends in time', async () => {
    const server = await startRawServer((socket, received) => {
      if (received.includes(END_OF_REQUEST)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id":');
    });

    const error = await failedSubmit(`http://127.0.0.1:${server.port}`, 150);

    expect(error).toMatchObject({ name: 'EvolinkTimeoutError', outcome: 'unknown' });
  });

  test.each([
    ['a body shorter than announced', `HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id":"${TASK_ID}"}`],
    ['a chunked body without end', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n`],
    ['something that is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ])('%s', async (_, reply) => {
    const server = await startRawServer((socket, received) => {
      if (received.includes(END_OF_REQUEST)) socket.end(reply);
    });

    const error = await failedSubmit(`http://127.0.0.1:${server.port}`);

    expect(error).toMatchObject({ name: 'EvolinkConnectionLostError', outcome: 'unknown' });
    expect(error.cause).not.toHaveProperty('rawPacket');
  });

  test('a reply above 1 MiB, which is not read to its end', async () => {
    let stopped: () => void = () => undefined;
    const clientLeft = new Promise<void>((resolve) => (stopped = resolve));
    const server = await startRawServer((socket, received) => {
      if (!received.includes(END_OF_REQUEST)) return;
      socket.once('close', stopped);
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n');
      const pour = () => {
        while (!socket.destroyed && socket.write('x'.repeat(65_536)));
        socket.once('drain', pour);
      };
      pour();
    });

    const error = await failedSubmit(`http://127.0.0.1:${server.port}`);

    expect(error).toMatchObject({ name: 'EvolinkReplyTooLargeError', outcome: 'unknown' });
    await clientLeft;
  });

  test('a redirect, which is not followed', async () => {
    const target = await startServer([{ body: { id: TASK_ID } }]);
    const server = await startServer([{ status: 307, headers: { location: `${target.baseUrl}/elsewhere` } }]);

    const error = await failedSubmit(server.baseUrl);

    expect(error).toMatchObject({ name: 'EvolinkRedirectError', status: 307, outcome: 'unknown' });
    expect(target.seen).toHaveLength(0);
  });

  test.each([
    ['no JSON', '<html>ok</html>'],
    ['half a JSON', '{"id":"task-unif'],
    ['nothing', ''],
    ['no id', { status: 'pending' }],
    ['an id with a slash', { id: 'task/9' }],
    ['an id with a line break', { id: 'task-unified-1\nx' }],
    ['an id of 129 characters', { id: 'x'.repeat(129) }],
    ['an id that is no text', { id: 17 }],
    ['an error in a success', { error: { code: 'internal_error', message: 'm', type: 't' } }],
    ['a list', [{ id: TASK_ID }]],
  ])('a success with %s', async (_, body) => {
    const server = await startServer([{ body, headers: { 'x-request-id': 'req-9' } }]);

    const error = await failedSubmit(server.baseUrl);

    expect(error).toMatchObject({
      name: 'EvolinkUnreadableReplyError',
      status: 200,
      requestId: 'req-9',
      outcome: 'unknown',
    });
  });
});

describe('connections', () => {
  test('each POST has a connection of its own, also when the server would keep it', async () => {
    const server = await startServer([{ body: { id: TASK_ID }, headers: { connection: 'keep-alive' } }]);
    const client = clientFor(server.baseUrl);

    for (let i = 0; i < 3; i++) await client.submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY });

    expect(server.seen.map(({ connection }) => connection)).toEqual([1, 2, 3]);
    expect(server.seen.map(({ headers }) => headers.connection)).toEqual(['close', 'close', 'close']);
  });

  test('a POST after a query whose connection died in the meantime reaches the server', async () => {
    const server = await startServer([{ body: { id: TASK_ID }, headers: { connection: 'keep-alive' } }]);
    const client = clientFor(server.baseUrl);
    await client.getTask(TASK_ID);
    server.dropConnections();

    await expect(client.submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY })).resolves.toMatchObject({ id: TASK_ID });
  });

  test.each([429, 502, 503])('a POST answered with %i is not repeated', async (status) => {
    const body = { error: { code: status, message: 'm', type: 'upstream_error' } };
    const server = await startServer([{ status, body }, { body: { id: TASK_ID } }]);

    await failedSubmit(server.baseUrl);

    expect(server.seen).toHaveLength(1);
  });

  test('a lost POST is not repeated', async () => {
    const server = await startRawServer((socket, received) => {
      if (received.includes(END_OF_REQUEST)) socket.destroy();
    });

    await failedSubmit(`http://127.0.0.1:${server.port}`);

    expect(server.received().match(/POST /g)).toHaveLength(1);
  });
});

test('a query is safe to repeat whatever happened to it', async () => {
  const silent = await startRawServer(() => undefined);
  const client = clientFor(`http://127.0.0.1:${silent.port}`);

  const error = await failureOf(client.getTask(TASK_ID, { timeoutMs: 100 }));

  expect(error).toMatchObject({ name: 'EvolinkTimeoutError', outcome: undefined });
});
