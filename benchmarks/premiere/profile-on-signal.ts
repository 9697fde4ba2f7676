// Preloaded into an API process (node --import): SIGUSR2 begins a CPU profile, the next one writes it to the folder in
// POLTRONA_PROFILE. So a profile shows the measured part alone, not the start and the arrival of everybody.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const session = new Session();
session.connect();
await session.post('Profiler.enable');
let running = false;
process.on('SIGUSR2', () => void turn());

async function turn() {
  running = !running;
  if (running) {
    await session.post('Profiler.setSamplingInterval', { interval: 500 });
    await session.post('Profiler.start');
    return;
  }
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(join(process.env['POLTRONA_PROFILE']!, `api-${process.pid}.cpuprofile`), JSON.stringify(profile));
}
