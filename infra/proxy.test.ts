import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { missing, PROXIES, type ProxyName, startProxy } from '#testing/proxies';
import type { Edit } from '#testing/racing';
import { type RecordingApi, recordingApi } from '#testing/recording-api';

// The delivered configurations, before two processes that write down what reaches them.

const absent = Object.fromEntries(await Promise.all(PROXIES.map(async (name) => [name, await missing(name)] as const)));

const ids = (count: number) => Array.from({ length: count }, (_, index) => 1_000 + index);
const codeOf = async (answer: Response) => ((await answer.json()) as { code?: string }).code;
const KEYED = { 'idempotency-key': 'k1', 'content-type': 'application/json' };

async function setUp(name: ProxyName, edits: readonly Edit[] = []) {
  const apis = [await recordingApi('one'), await recordingApi('two')] as const;
  const proxy = await startProxy(
    name,
    apis.map((api) => api.port),
    edits,
  );
  const stop = async () => {
    await proxy.stop();
    await Promise.all(apis.map((api) => api.stop()));
  };
  const arrived = () => apis.flatMap((api) => api.arrivals);
  return { apis, proxy, url: proxy.url, arrived, stop };
}

/** The processes that each screening reached, by path of the request. */
async function reached(url: string, apis: readonly RecordingApi[]): Promise<Map<number, Set<string>>> {
  for (const id of ids(40)) {
    for (const path of ['', '/seats', '/best-seats?count=2'])
      await (await fetch(`${url}/api/screenings/${id}${path}`)).text();
    await (await fetch(`${url}/api/screenings/${id}/holds`, { method: 'POST', body: '{}', headers: KEYED })).text();
  }
  const places = new Map(ids(40).map((id) => [id, new Set<string>()]));
  for (const api of apis) {
    for (const { url } of api.arrivals) places.get(Number(/screenings\/(\d+)/.exec(url)?.[1]))?.add(api.name);
  }
  return places;
}

async function spoofed(name: ProxyName, edits: readonly Edit[] = []) {
  const { url, arrived, stop } = await setUp(name, edits);
  const headers = {
    'x-forwarded-for': '6.6.6.6, 7.7.7.7',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-real-ip': '6.6.6.6',
    forwarded: 'for=6.6.6.6',
  };
  await fetch(`${url}/api/me`, { headers });
  await stop();
  return arrived()[0]!.headers;
}

/** How often a request arrives of which both processes die, and what its sender is told. */
async function whenAllDie(name: ProxyName, init: RequestInit, edits: readonly Edit[] = []) {
  const { url, apis, arrived, stop } = await setUp(name, edits);
  for (const api of apis) api.behave('dies');
  const answer = await fetch(`${url}/api/screenings/7/holds`, init);
  const told = { times: arrived().length, status: answer.status, type: answer.headers.get('content-type') };
  await stop();
  return told;
}

const POST: RequestInit = { method: 'POST', body: '{}' };

const WITHOUT: Record<ProxyName, { affinity: Edit; address: Edit }> = {
  haproxy: {
    affinity: ['balance hash path,field(4,/)', 'balance roundrobin'],
    address: ['http-request set-header X-Forwarded-For %[src]', 'option forwardfor'],
  },
  nginx: {
    affinity: ['hash $screening consistent;', ''],
    address: ['proxy_set_header X-Forwarded-For $remote_addr;', ''],
  },
};

for (const name of PROXIES) {
  describe(name, { skip: absent[name] ?? false }, () => {
    test('what a screening is asked reaches one process, and each process gets its share of the screenings', async () => {
      const { url, apis, stop } = await setUp(name);
      const places = await reached(url, apis);
      await stop();
      assert.deepEqual([...new Set([...places.values()].map((names) => names.size))], [1]);
      for (const api of apis) {
        const share = [...places.values()].filter((names) => names.has(api.name)).length;
        assert.ok(share >= 8, `${api.name} has ${share} of 40`);
      }
    });

    test('… which without its line they do not', async () => {
      const { url, apis, stop } = await setUp(name, [WITHOUT[name].affinity]);
      const places = await reached(url, apis);
      await stop();
      assert.ok([...places.values()].some((names) => names.size === 2));
    });

    test('whoever writes forwarding headers changes nothing: the API hears the address of the connection', async () => {
      const headers = await spoofed(name);
      assert.equal(headers['x-forwarded-for'], '127.0.0.1');
      assert.equal(headers['x-forwarded-proto'], 'http');
      for (const gone of ['x-forwarded-host', 'x-real-ip', 'forwarded']) assert.equal(headers[gone], undefined, gone);
    });

    test('… which without its line would believe the stranger', async () => {
      assert.match(String((await spoofed(name, [WITHOUT[name].address]))['x-forwarded-for']), /6\.6\.6\.6/);
    });

    test('a conditional GET is 304 without a body, an ETag comes through as it is, and Host keeps its port', async () => {
      const { url, arrived, stop } = await setUp(name);
      const first = await fetch(`${url}/api/screenings/7/seats`);
      assert.deepEqual([first.status, first.headers.get('etag')], [200, '"first"']);
      const known = await fetch(`${url}/api/screenings/7/seats`, { headers: { 'if-none-match': '"first"' } });
      assert.deepEqual([known.status, await known.text()], [304, '']);
      await stop();
      assert.equal(arrived()[0]!.headers.host, new URL(url).host);
    });

    test('every event of a stream arrives before the next is written', async () => {
      const { url, apis, stop } = await setUp(name);
      const answer = await fetch(`${url}/api/screenings/7/live`);
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      const until = async (expected: string) => {
        while (!text.includes(expected)) text += (await reader.read()).value ?? '';
      };
      await until('retry: 1000');
      for (const event of ['a', 'b', 'c', 'd', 'e']) {
        for (const api of apis) api.emit(event);
        await until(`data: ${event}\n\n`);
      }
      await reader.cancel();
      await stop();
    });

    test('a body beyond the limit is refused as a problem and reaches nobody; an import of that size passes', async () => {
      const { url, arrived, stop } = await setUp(name);
      const body = 'x'.repeat(70_000);
      const refused = await fetch(`${url}/api/screenings/7/holds`, { method: 'POST', body, headers: KEYED });
      assert.deepEqual([refused.status, await codeOf(refused)], [413, 'body_too_large']);
      assert.equal(arrived().length, 0);
      for (const path of ['/api/admin/imports', '/api/admin/imports/'])
        assert.equal((await fetch(url + path, { method: 'POST', body })).status, 200);
      await stop();
      assert.deepEqual(
        arrived().map((arrival) => arrival.body.length),
        [70_000, 70_000],
      );
    });

    test('half a body keeps no process waiting', async () => {
      const { proxy, url, arrived, stop } = await setUp(name);
      const socket = connect(proxy.port, '127.0.0.1');
      socket.write(
        'POST /api/screenings/7/holds HTTP/1.1\r\nhost: x\r\nidempotency-key: k\r\ncontent-length: 4\r\n\r\n{}',
      );
      // Asked after the half, answered before it: whatever went through would have arrived by now.
      for (const id of ids(4)) await (await fetch(`${url}/api/screenings/${id}/holds`, POST)).text();
      assert.ok(arrived().every((arrival) => !arrival.url.includes('/7/')));
      socket.write('{}');
      while (!arrived().some((arrival) => arrival.url.includes('/7/'))) await wait(5);
      socket.destroy();
      await stop();
    });

    test('when a process dies of a request, a GET is asked of another; without a key nothing is sent twice', async () => {
      const get = await whenAllDie(name, {});
      assert.ok(get.times >= 2, `a GET was tried ${get.times} times`);
      const bare = await whenAllDie(name, POST);
      assert.equal(bare.times, 1);
      assert.ok(bare.status >= 502, String(bare.status));
      assert.match(String(bare.type), /^application\/problem\+json/);
    });

    test('a process that is gone costs nobody an answer, with or without a key: nothing was sent to it', async () => {
      const { url, apis, stop } = await setUp(name);
      for (const id of ids(10)) await (await fetch(`${url}/api/screenings/${id}`)).text();
      await apis[0].stop();
      const answers = await Promise.all(
        ids(60).flatMap((id) => [
          fetch(`${url}/api/screenings/${id}/seats`),
          fetch(`${url}/api/screenings/${id}/holds`, { ...POST, headers: KEYED }),
          fetch(`${url}/api/search?q=${id}`),
        ]),
      );
      await stop();
      assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
    });

    test('when all are gone, 503 as a problem with Retry-After', async () => {
      const { url, apis, stop } = await setUp(name);
      await Promise.all(apis.map((api) => api.stop()));
      for (const path of ['/api/search?q=a', '/api/screenings/7/seats', '/api/orders/x/live']) {
        const answer = await fetch(url + path);
        assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '2'], path);
        assert.match(String(answer.headers.get('content-type')), /^application\/problem\+json/);
        assert.equal(await codeOf(answer), 'not_ready');
      }
      await stop();
    });

    test("the API's own 503 passes as it is and is not asked of another process", async () => {
      const { url, apis, arrived, stop } = await setUp(name);
      for (const api of apis) api.behave('overloaded');
      const answer = await fetch(`${url}/api/screenings/7/holds`, { ...POST, headers: KEYED });
      assert.deepEqual([answer.status, await codeOf(answer), arrived().length], [503, 'overloaded', 1]);
      await stop();
    });
  });
}

describe('haproxy alone', { skip: absent['haproxy'] ?? false }, () => {
  test('a request with a key goes to another process when the first died of it', async () => {
    const { times, status } = await whenAllDie('haproxy', { ...POST, headers: KEYED });
    assert.ok(times >= 2 && status >= 502, `${times} times, ${status}`);
  });

  test('… and one without a key would too, but for its line', async () => {
    const guard: Edit = ['http-request disable-l7-retry if !reading !keyed', ''];
    assert.ok((await whenAllDie('haproxy', POST, [guard])).times >= 2);
  });

  test('a process whose health is bad gets nothing more, and pages still come from it when all are ill', async () => {
    const { url, apis, stop } = await setUp('haproxy', [['uri /api/health', 'uri /api/checked']]);
    for (const api of apis) api.behave('overloaded');
    while ((await codeOf(await fetch(`${url}/api/search?q=a`))) !== 'not_ready') await wait(50);
    // The checks of both are still bad, since they come to the same question.
    const [asked, page] = [await fetch(`${url}/api/search?q=a`), await fetch(`${url}/sessoes/7`)];
    await stop();
    assert.deepEqual([asked.status, await codeOf(asked)], [503, 'not_ready']);
    assert.deepEqual([page.status, await codeOf(page)], [503, 'overloaded'], 'the process itself answered');
  });
});

describe('haproxy, changing a release', { skip: absent['haproxy'] ?? false }, () => {
  test('a process that is drained gets nothing more, and has it all back afterwards', async () => {
    const { url, proxy, apis, stop } = await setUp('haproxy');
    const each = async () => {
      for (const api of apis) api.arrivals.splice(0);
      for (const id of ids(20)) {
        for (const path of [`/api/screenings/${id}/seats`, '/api/search?q=a', '/'])
          await (await fetch(url + path)).text();
      }
      return apis.map((api) => api.arrivals.length > 0);
    };
    for (const server of ['api/api1', 'pages/api1']) await proxy.command(`set server ${server} state drain`);
    const drained = await each();
    for (const server of ['api/api1', 'pages/api1']) await proxy.command(`set server ${server} state ready`);
    const back = await each();
    await stop();
    assert.deepEqual(
      [drained, back],
      [
        [false, true],
        [true, true],
      ],
    );
  });
});

describe('the cache of nginx', { skip: absent['nginx'] ?? false }, () => {
  const many = (url: string) =>
    Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const answer = await fetch(url, { headers: { cookie: `poltrona_session=b${at}` } });
        return answer.text();
      }),
    );

  const rushes = async (edits: readonly Edit[]) => {
    const { url, arrived, stop } = await setUp('nginx', edits);
    const bodies = new Set<string>();
    for (let i = 0; i < 5; i += 1) for (const body of await many(`${url}/api/screenings/7/seats`)) bodies.add(body);
    await stop();
    return { bodies: bodies.size, arrivals: arrived().length };
  };

  test('of a rush for one answer only a part reaches the API, whoever asks', async () => {
    const { bodies, arrivals } = await rushes([]);
    assert.equal(bodies, 1);
    // On an idle machine about 30 of 300; how many depends on how fast the first answer of a tick is there.
    assert.ok(arrivals < 300, `${arrivals} of 300 reached the API`);
  });

  test('… which without the cache all do', async () => {
    assert.equal((await rushes([['proxy_cache reads;', '']])).arrivals, 300);
  });

  const afterAChange = async (edits: readonly Edit[]) => {
    const { url, apis, stop } = await setUp('nginx', edits);
    const stale: string[] = [];
    for (const round of ['second', 'third', 'fourth', 'fifth']) {
      await many(`${url}/api/screenings/7/seats`);
      for (const api of apis) api.show(round);
      await wait(205);
      if (!(await (await fetch(`${url}/api/screenings/7/seats`)).text()).includes(round)) stale.push(round);
    }
    await stop();
    return stale;
  };

  test('200 ms after a change nobody gets the former answer', async () => {
    assert.deepEqual(await afterAChange([]), []);
  });

  test('… which without the tick somebody does', async () => {
    assert.notDeepEqual(await afterAChange([['"$tick $request_uri"', '"$request_uri"']]), []);
  });

  test('who has the kept answer gets 304 for it', async () => {
    const { url, stop } = await setUp('nginx');
    const headers = { 'if-none-match': '"first"' };
    const asked = async () => (await fetch(`${url}/api/screenings/7/seats`, { headers })).status;
    const statuses = await Promise.all(Array.from({ length: 60 }, asked));
    await stop();
    assert.deepEqual([...new Set(statuses)], [304]);
  });

  test('an answer that sets a cookie is nobody else’s', async () => {
    const { url, stop } = await setUp('nginx');
    const cookies = new Set<string | null>();
    for (let i = 0; i < 10; i += 1) cookies.add((await fetch(`${url}/api/search?cookie=1`)).headers.get('set-cookie'));
    await stop();
    assert.equal(cookies.size, 10);
  });
});
