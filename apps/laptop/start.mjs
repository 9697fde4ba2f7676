// The first file of npm start is plain JavaScript, so that an old Node can still say what is wrong.
const [major] = process.versions.node.split('.').map(Number);
if (major < 26) {
  console.error(
    `Poltrona runs on Node 26, which npm installs with it, but this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Run "npm ci" (with install scripts allowed), then "npm start".',
  );
  process.exit(1);
}
await import('./main.ts');
