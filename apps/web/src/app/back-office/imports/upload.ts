import { ApiProblem } from '../../api/api-problem.ts';
import { randomKey } from '../../api/intentions.ts';
import type { ImportKind, ImportRun } from '#contracts/imports';

export type Upload = { answer: Promise<ImportRun>; cancel(): void };

/** Sends a file as it is. XMLHttpRequest, because fetch does not say how much has gone up. */
export function uploadFile(file: File, kind: ImportKind, progress: (sent: number, all: number) => void): Upload {
  const request = new XMLHttpRequest();
  const answer = new Promise<ImportRun>((resolve, reject) => {
    const query = new URLSearchParams({ kind, fileName: file.name.slice(0, 200), dryRun: 'true' });
    request.open('POST', `/api/admin/imports?${query.toString()}`);
    request.setRequestHeader('idempotency-key', randomKey());
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.addEventListener('progress', (event) => progress(event.loaded, event.total || file.size));
    request.addEventListener('load', () => {
      const body = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as ImportRun);
      else reject(new ApiProblem(request.status, body as Record<string, unknown>));
    });
    request.addEventListener('error', () => reject(new ApiProblem(0, { code: 'network_unreachable' })));
    request.addEventListener('abort', () => reject(new ApiProblem(0, { code: 'upload_cancelled' })));
    request.send(file);
  });
  return { answer, cancel: () => request.abort() };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
