// Preloaded into an API process (node --import): SIGUSR2 begins a profile, the next one writes it to the folder in
// POLTRONA_PROFILE. So a profile shows the measured part alone, not the start and the arrival of everybody.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const SAMPLE_EVERY_US = 500;
const SAMPLE_EVERY_BYTES = 16 * 1024;

const session = new Session();
session.connect();
const of = process.env['POLTRONA_PROFILE_OF'] ?? 'cpu';
let running = false;
process.on('SIGUSR2', () => void turn());

async function turn() {
  running = !running;
  if (running) return of === 'cpu' ? beginCpu() : beginHeap();
  const [ending, { profile }] =
    of === 'cpu'
      ? ['cpuprofile', await session.post('Profiler.stop')]
      : ['heapprofile', await session.post('HeapProfiler.stopSampling')];
  writeFileSync(join(process.env['POLTRONA_PROFILE']!, `api-${process.pid}.${ending}`), JSON.stringify(profile));
}

async function beginCpu() {
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  await session.post('Profiler.start');
}

async function beginHeap() {
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLE_EVERY_BYTES,
    includeObjectsCollectedByMajorGC: true,
    // Without these only what outlives its first collection is seen: that is what full collections are about.
    includeObjectsCollectedByMinorGC: of === 'allocations',
  });
}
