import QRCode from 'qrcode';
import { deviceName, normalEmail } from '#capabilities/accounts';
import { MeSchema, SecondFactorBodySchema, StaffSignInBodySchema, StaffStepSchema } from '#contracts/accounts';
import { ProblemSchema } from '#contracts/problem';
import { Fault } from '#platform/fault';
import type { HttpServer } from '#platform/http-server';
import type { Transaction } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { SESSION_COOKIE } from '../session.ts';
import { answerSignIn, asVisitor, NOBODY, type SignInOutcome, takeBody, whoSignedIn } from '../sign-in-answer.ts';
import type { AccountRouteDeps } from './accounts.ts';

const tags = ['staff'];
/** Password hashes at once: each takes 19 MiB and 11 ms of a core that others need. */
const HASHES_MAX = 4;

/** Staff sign in with a password and then a second factor; the session counts for nothing in between. */
export function registerStaffRoutes(api: HttpServer, deps: AccountRouteDeps): void {
  registerPassword(api, deps);
  registerSecondFactor(api, deps);
}

function registerPassword(api: HttpServer, deps: AccountRouteDeps): void {
  const { accounts } = deps;
  let hashing = 0;

  const check = async (request: { email: string; password: string }) => {
    if (hashing >= HASHES_MAX) throw new Fault('sign_in_busy', { retryable: true });
    hashing += 1;
    try {
      return await accounts.checkPassword(request);
    } finally {
      hashing -= 1;
    }
  };

  api.post(
    '/api/staff/sign-in',
    {
      preHandler: asVisitor,
      schema: {
        summary: 'Begin a staff session with e-mail and password',
        description: 'Then POST /api/staff/second-factor. `enrol` comes once, with the secret to scan.',
        tags,
        body: StaffSignInBodySchema,
        response: { 200: StaffStepSchema, 401: ProblemSchema, 429: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { email, password } = takeBody(request, accounts);
      const wait = await accounts.attempt([
        ['passwordPerAddress', request.ip],
        ['passwordPerEmail', normalEmail(email)],
      ]);
      if (wait > 0) return sendProblem(reply, 429, 'too_many_attempts', { retryAfter: wait });
      const found = await check({ email, password });
      return answerSignIn(
        deps,
        request,
        reply,
        async (tx, signInKey) => {
          if (!found) return { status: 401, problem: 'password_wrong' };
          const token = await accounts.openStaffSession(tx, {
            ...found,
            email,
            device: deviceName(request.headers['user-agent']),
            signInKey,
            previousToken: request.cookies[SESSION_COOKIE] ?? null,
          });
          return { status: 200, body: { step: found.awaiting }, token, accountId: found.accountId };
        },
        async (body, { accountId }) => {
          const otpauthUrl = await accounts.enrolmentUrl(accountId);
          if (!otpauthUrl) return body;
          return { ...body, otpauthUrl, qrSvg: await QRCode.toString(otpauthUrl, { type: 'svg' }) };
        },
      );
    },
  );
}

function registerSecondFactor(api: HttpServer, deps: AccountRouteDeps): void {
  const { accounts } = deps;
  api.post(
    '/api/staff/second-factor',
    {
      preHandler: asVisitor,
      schema: {
        summary: 'Finish a staff sign-in with the six digits of the authenticator',
        description: 'A code works once. 422 code_wrong; 401 sign_in_expired: begin with the password.',
        tags,
        body: SecondFactorBodySchema,
        response: { 200: MeSchema, 401: ProblemSchema, 422: ProblemSchema, 429: ProblemSchema },
      },
    },
    async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE] ?? '';
      const accountId = await accounts.halfOpenAccount(token);
      if (accountId) {
        const wait = await accounts.attempt([['secondFactorPerAccount', accountId]]);
        if (wait > 0) return sendProblem(reply, 429, 'too_many_attempts', { retryAfter: wait });
      }
      const { code } = takeBody(request, accounts);
      const pass = async (tx: Transaction, signInKey: Buffer): Promise<SignInOutcome> => {
        const answer = await accounts.passSecondFactor(tx, { token, code, signInKey });
        if (answer.outcome === 'sign_in_expired') return { status: 401, problem: 'sign_in_expired' };
        if (answer.outcome === 'code_wrong') return { status: 422, problem: 'code_wrong' };
        return { status: 200, body: NOBODY, token: answer.token, accountId: answer.accountId };
      };
      return answerSignIn(deps, request, reply, pass, whoSignedIn(deps));
    },
  );
}
