import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

type CallFrame = { functionName: string; url: string; lineNumber: number };
type CpuProfile = { nodes: { id: number; callFrame: CallFrame }[]; samples: number[]; timeDeltas: number[] };
type HeapNode = { callFrame: CallFrame; selfSize: number; children: HeapNode[] };

const LINES = 30;

/** All profiles of a folder. */
export async function printProfiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/\.(?:cpu|heap)profile$/.test(name)) await printProfile(join(folder, name));
  }
}

/** The functions of a .cpuprofile by their own time, or of a .heapprofile by what they allocated themselves. */
async function printProfile(file: string): Promise<void> {
  const read = JSON.parse(await readFile(file, 'utf8')) as CpuProfile | { head: HeapNode };
  const heap = 'head' in read;
  const byFunction = heap ? bytesOf(read.head) : secondsOf(read);
  const all = [...byFunction.values()].reduce((sum, own) => sum + own, 0);
  const unit = heap ? 'MB' : 's';
  console.log(`\n${basename(file)}: ${all.toFixed(1)} ${unit}\n    own      %  function`);
  const sorted = [...byFunction].sort((a, b) => b[1] - a[1]).slice(0, LINES);
  for (const [name, own] of sorted) {
    console.log(`${own.toFixed(2).padStart(7)} ${((own / all) * 100).toFixed(1).padStart(6)}  ${name}`);
  }
}

function secondsOf({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const seconds = new Map<string, number>();
  samples.forEach((id, index) => add(seconds, names.get(id)!, timeDeltas[index]! / 1e6));
  return seconds;
}

function bytesOf(head: HeapNode): Map<string, number> {
  const megabytes = new Map<string, number>();
  const visit = (node: HeapNode) => {
    add(megabytes, nameOf(node.callFrame), node.selfSize / 1e6);
    node.children.forEach(visit);
  };
  visit(head);
  return megabytes;
}

const add = (to: Map<string, number>, name: string, more: number) => to.set(name, (to.get(name) ?? 0) + more);

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/node_modules\//, '');
  const short = file.split('/').slice(-3).join('/');
  return `${functionName || '(anonymous)'}${short ? `  ${short}:${lineNumber + 1}` : ''}`;
}
