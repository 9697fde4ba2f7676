import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missing, PROXIES, type ProxyName, startProxy } from '#testing/proxies';
import type { Edit } from '#testing/racing';
import { type RecordingApi, recordingApi } from '#testing/recording-api';

// The delivered configurations with one process for the rush and one beside it.

const absent = Object.fromEntries(await Promise.all(PROXIES.map(async (name) => [name, await missing(name)] as const)));

const BESIDE = ['/api/me', '/api/orders/x', '/api/door/keys', '/api/screenings/7/live', '/api/orders/x/live'];
const RUSH = ['/', '/api/search?q=a', '/api/movies/limite', '/api/screenings/7', '/api/screenings/7/seats'];

/** Who answers what when there is a process beside the rush: by path, the name of the process. */
async function besideTheRush(name: ProxyName, options: { edits?: readonly Edit[]; gone?: boolean } = {}) {
  const [one, quiet] = [await recordingApi('one'), await recordingApi('quiet')];
  const proxy = await startProxy(name, [one.port], options.edits, { quietPort: quiet.port });
  if (options.gone) await quiet.stop();
  const ask = async (path: string) => {
    const ending = new AbortController();
    const { status } = await fetch(proxy.url + path, { signal: ending.signal });
    ending.abort();
    return status;
  };
  const statuses = await Promise.all([...BESIDE, ...RUSH].map(ask));
  await proxy.stop();
  await Promise.all([one.stop(), options.gone ? null : quiet.stop()]);
  const paths = (api: RecordingApi) => new Set(api.arrivals.map((arrival) => arrival.url));
  return { statuses: [...new Set(statuses)], one: paths(one), quiet: paths(quiet) };
}

/** Whether it was answered, and how often it reached the process beside the rush and the others. */
async function whenQuietDies(edits: readonly Edit[] = []) {
  const [one, quiet] = [await recordingApi('one'), await recordingApi('quiet')];
  const proxy = await startProxy('haproxy', [one.port], edits, { quietPort: quiet.port });
  quiet.behave('dies');
  const ask = async (init: RequestInit) => {
    const before = [quiet.arrivals.length, one.arrivals.length];
    // Without an answer when there is nobody whom it may be asked of.
    const ok = await fetch(`${proxy.url}/api/orders/x`, init).then(
      (answer) => answer.ok,
      () => false,
    );
    return [ok, quiet.arrivals.length - before[0]!, one.arrivals.length - before[1]!];
  };
  const told = {
    get: await ask({}),
    keyed: await ask({ method: 'POST', body: '{}', headers: KEYED }),
    unkeyed: await ask({ method: 'POST', body: '{}' }),
  };
  await proxy.stop();
  await Promise.all([one.stop(), quiet.stop()]);
  return told;
}

const KEYED = { 'idempotency-key': 'k1', 'content-type': 'application/json' };

const WITHOUT: Record<ProxyName, Edit[]> = {
  haproxy: [
    ['use_backend quiet_streams if stream', ''],
    ['use_backend quiet         if api !screening !upload !looking !spelt', ''],
  ],
  nginx: [['include quiet-servers.conf;', 'include api-servers.conf;']],
};

for (const name of PROXIES) {
  describe(name, { skip: absent[name] ?? false }, () => {
    test('what goes on beside the rush reaches its own process, and the others when that one is gone', async () => {
      const there = await besideTheRush(name);
      assert.deepEqual(there, { statuses: [200], one: new Set(RUSH), quiet: new Set(BESIDE) });
      const gone = await besideTheRush(name, { gone: true });
      assert.deepEqual(gone, { statuses: [200], one: new Set([...RUSH, ...BESIDE]), quiet: new Set() });
    });

    test('… which without its lines does not', async () => {
      const { one } = await besideTheRush(name, { edits: WITHOUT[name] });
      assert.ok(BESIDE.every((path) => one.has(path)));
    });
  });
}

describe('haproxy alone', { skip: absent.haproxy ?? false }, () => {
  test('of what the process beside the rush dies, another is asked, under the same rules', async () => {
    const told = await whenQuietDies();
    assert.deepEqual(told, { get: [true, 1, 1], keyed: [true, 1, 1], unkeyed: [false, 1, 0] });
  });

  test('… which backup servers are not', async () => {
    const backup: Edit = ['track api/api1\n    .if defined(API_2)', 'track api/api1 backup\n    .if defined(API_2)'];
    assert.equal((await whenQuietDies([backup])).get[0], false);
  });

  test('a hold that is spelt with escapes stays away from the process beside the rush', async () => {
    const [one, quiet] = [await recordingApi('one'), await recordingApi('quiet')];
    const proxy = await startProxy('haproxy', [one.port], [], { quietPort: quiet.port });
    for (const path of ['/api/screenings/%31/holds', '/api/%73earch?q=a']) await (await fetch(proxy.url + path)).text();
    await proxy.stop();
    assert.deepEqual([one.arrivals.length, quiet.arrivals.length], [2, 0]);
    await Promise.all([one.stop(), quiet.stop()]);
  });
});
