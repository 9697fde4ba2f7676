// The generator's own process: node benchmarks/premiere/generator.ts <plan.json>. Says one JSON object.
import { readFile } from 'node:fs/promises';
import { runOpenModel, type StreamResult } from '../generator/open-model.ts';
import { arrivalStream, holdStream, openingStream, readStream, type Traffic } from './traffic.ts';

export type GeneratorPlan = {
  traffic: Traffic;
  connectionsPerPort: number;
  /** open-model.ts */
  asPeople: boolean;
  /** Everything is read a few times, at this rate; 0 leaves it out. */
  openingPerSecond: number;
  /** Everybody arrives, at this rate; 0 leaves it out. */
  arrivalsPerSecond: number;
  warmUpSeconds: number;
  seconds: number;
};

export type GeneratorResult = {
  seconds: number;
  /** Seconds of processor time that the generator itself used in the measured part, and how long that really was. */
  cpuSeconds: number;
  tookSeconds: number;
  streams: StreamFigures[];
};

/** Latencies in milliseconds; statuses by number, 0 for a connection that broke. */
export type StreamFigures = {
  name: string;
  offered: number;
  unanswered: number;
  statuses: Record<string, number>;
  /** Answers within the measured seconds, whenever they were due. */
  through: Record<string, number>;
  p50: number;
  p99: number;
  max: number;
  accepted: { p50: number; p99: number };
  refused: { p50: number; p99: number };
};

const plan = JSON.parse(await readFile(process.argv[2]!, 'utf8')) as GeneratorPlan;
const { traffic, connectionsPerPort, asPeople } = plan;
const { ports } = traffic;

if (plan.openingPerSecond > 0) {
  const stream = openingStream(traffic, plan.openingPerSecond);
  const seconds = stream.count / plan.openingPerSecond;
  await runOpenModel({ ports, connectionsPerPort, asPeople, seconds, streams: [stream], patienceMs: 60_000 });
}
if (plan.arrivalsPerSecond > 0) {
  const seconds = (traffic.buyers * ports.length) / plan.arrivalsPerSecond;
  const streams = [arrivalStream(traffic, plan.arrivalsPerSecond)];
  await runOpenModel({ ports, connectionsPerPort, asPeople, seconds, streams, patienceMs: 30_000 });
}
const streams = [readStream(traffic), holdStream(traffic)].filter((stream) => stream.perSecond > 0);
let before = process.cpuUsage();
let began = performance.now();
const { seconds, results } = await runOpenModel({
  ports,
  connectionsPerPort,
  asPeople,
  seconds: plan.seconds,
  warmUpSeconds: plan.warmUpSeconds,
  onWarm: () => {
    process.send?.('measuring');
    before = process.cpuUsage();
    began = performance.now();
  },
  streams,
});
const cpu = process.cpuUsage(before);
const result: GeneratorResult = {
  seconds,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  tookSeconds: (performance.now() - began) / 1000,
  streams: results.map(summaryOf),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

function summaryOf(stream: StreamResult): StreamFigures {
  const { name, offered, unanswered, statuses, through, latency, accepted, refused } = stream;
  return {
    name,
    offered,
    unanswered,
    statuses: Object.fromEntries(statuses),
    through: Object.fromEntries(through),
    p50: latency.at(0.5),
    p99: latency.at(0.99),
    max: latency.at(1),
    accepted: { p50: accepted.at(0.5), p99: accepted.at(0.99) },
    refused: { p50: refused.at(0.5), p99: refused.at(0.99) },
  };
}
