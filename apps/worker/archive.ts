import type { createArchiver } from '#capabilities/holds';
import type { Log } from '#platform/log';

const SHOWN_MAX = 20;

/**
 * One turn of the archive with what it has to say to the operator. Never asks for another turn at once: the pause
 * between turns leaves the processors to the sale.
 */
export async function archiveTurn(archiver: ReturnType<typeof createArchiver>, log: Log): Promise<false> {
  const done = await archiver.turn();
  if (done.archived > 0) log.info({ archived: done.archived }, 'old screenings archived');
  if (done.differs.length > 0) {
    log.error(
      { screeningIds: done.differs.slice(0, SHOWN_MAX), runbook: 'docs/runbooks/archive-is-behind.md' },
      'sold tickets and paid orders differ, the screening is not archived',
    );
  }
  return false;
}
