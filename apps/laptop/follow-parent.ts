// Loaded into every child of npm start before its own code: when the parent is gone, however it ended, the child goes
// too, instead of keeping a port that the next start needs.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
